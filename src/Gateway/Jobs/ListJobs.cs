using System.Buffers.Text;
using System.Text;
using Gateway.Auth;
using Gateway.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gateway.Jobs;

/// <summary>A page of jobs, newest first.</summary>
/// <param name="NextPageToken">Null on the last page.</param>
internal sealed record JobPage(IReadOnlyList<JobView> Items, string? NextPageToken);

internal static class ListJobs
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;

    /// <summary>Longest kind and namespace that can exist, in characters.</summary>
    private const int MaxName = 128;

    /// <summary>The caller's own jobs, and those of others in the namespaces where the caller may read jobs.</summary>
    public static Ok<JobPage> Handle(
        string? state, string? kind, string? @namespace, int? pageSize, string? pageToken,
        Caller caller, JobQueries jobs, JobHub hub, HttpContext http)
    {
        var size = pageSize ?? DefaultPageSize;
        if (size is < 1 or > MaxPageSize)
        {
            throw ProblemException.InvalidField(nameof(pageSize), $"must be 1 to {MaxPageSize}");
        }

        var filter = new JobFilter(
            caller.Subject,
            jobs.Namespaces().Where(name => caller.May(Permission.JobsRead, name)).ToList(),
            StateOf(state),
            NameOf(nameof(kind), kind),
            NameOf(nameof(@namespace), @namespace),
            OlderThan(pageToken));
        var found = jobs.List(filter, size + 1);
        var next = found.Count > size ? Base64Url.EncodeToString(Encoding.ASCII.GetBytes(found[size - 1].Id)) : null;
        if (next is not null)
        {
            http.Response.Headers.Link = $"<{NextPage(http.Request, next)}>; rel=\"next\"";
        }

        return TypedResults.Ok(new JobPage(found.Take(size).Select(job => JobView.From(hub.Newest(job))).ToList(), next));
    }

    private static JobState? StateOf(string? state) => string.IsNullOrEmpty(state) ? null
        : JobStates.Parse(state) ?? throw ProblemException.InvalidField(nameof(state), "must be queued, running, succeeded, failed or canceled");

    private static string? NameOf(string field, string? name) => string.IsNullOrEmpty(name) ? null
        : name.Length <= MaxName ? name : throw ProblemException.InvalidField(field, $"is longer than {MaxName} characters");

    /// <summary>A token is the last id of the page before.</summary>
    private static string? OlderThan(string? token)
    {
        if (string.IsNullOrEmpty(token))
        {
            return null;
        }

        Span<byte> id = stackalloc byte[JobId.Length];
        return Base64Url.IsValid(token, out var length) && length == JobId.Length && Base64Url.TryDecodeFromChars(token, id, out _)
            && JobId.IsValid(Encoding.ASCII.GetString(id))
            ? Encoding.ASCII.GetString(id)
            : throw ProblemException.InvalidField("pageToken", "is not a token of this list");
    }

    private static string NextPage(HttpRequest request, string token)
    {
        var query = request.Query
            .Where(pair => !string.Equals(pair.Key, "pageToken", StringComparison.OrdinalIgnoreCase))
            .SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))
            .Append(KeyValuePair.Create("pageToken", token));
        return $"{request.Path}{new QueryBuilder(query).ToQueryString()}";
    }
}
