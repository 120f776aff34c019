using System.Globalization;
using Gateway.Auth;
using Gateway.Http;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Audit;

/// <summary>Which records are asked for; all that are named must fit.</summary>
internal sealed record AuditQuery
{
    /// <summary>Longest name that a record can hold, in characters.</summary>
    private const int MaxName = 303;

    /// <summary>Records of this namespace.</summary>
    [FromQuery(Name = "namespace")]
    public string? Namespace { get; init; }

    /// <summary>Records of this caller.</summary>
    [FromQuery(Name = "subject")]
    public string? Subject { get; init; }

    /// <summary>Records of this `operationId`.</summary>
    [FromQuery(Name = "operation")]
    public string? Operation { get; init; }

    /// <summary>Records of the job with this id.</summary>
    [FromQuery(Name = "job")]
    public string? Job { get; init; }

    /// <summary>Records from this time on, in RFC 3339.</summary>
    [FromQuery(Name = "since")]
    public string? Since { get; init; }

    /// <summary>Records before this time, in RFC 3339.</summary>
    [FromQuery(Name = "until")]
    public string? Until { get; init; }

    /// <summary>Whether the caller may see a record and asks for it. One without a namespace may be about any, so it takes them all.</summary>
    public Func<AuditRecord, bool> For(Caller caller)
    {
        var (since, until) = (TimeOf("since", Since), TimeOf("until", Until));
        foreach (var (field, name) in new[] { ("namespace", Namespace), ("subject", Subject), ("operation", Operation), ("job", Job) })
        {
            RequireName(field, name);
        }

        return record => caller.May(Permission.AuditRead, record.Namespace ?? Grant.Everywhere)
            && Fits(Namespace, record.Namespace) && Fits(Subject, record.Subject) && Fits(Operation, record.Operation) && Fits(Job, record.Job)
            && (since is null || record.Time >= since) && (until is null || record.Time < until);
    }

    private static bool Fits(string? wanted, string? actual) => wanted is null || string.Equals(wanted, actual, StringComparison.Ordinal);

    private static void RequireName(string field, string? name)
    {
        if (name is { Length: 0 or > MaxName })
        {
            throw ProblemException.InvalidField(field, $"is empty or longer than {MaxName} characters");
        }
    }

    private static DateTimeOffset? TimeOf(string field, string? text) => text is null ? null
        : DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw ProblemException.InvalidField(field, "is not a time such as 2026-01-31T12:00:00Z");
}
