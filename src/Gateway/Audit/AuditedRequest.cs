using System.Diagnostics;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Audit;

/// <summary>What is recorded of a request, and of its answer.</summary>
internal static class AuditedRequest
{
    /// <summary>Longest path kept, in characters; more than any name of the contract needs.</summary>
    private const int MaxPath = 1024;

    /// <summary>Longest other text, in characters: that of a subject.</summary>
    private const int MaxText = 300;

    private const string JobPlace = "/v1/jobs/";
    private const string NamespacePlace = "/v1/namespaces/";

    /// <summary>Whether it asks for a change: every method but the safe ones, at an endpoint that is not open to anyone.</summary>
    public static bool IsChange(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<NeedsPermission>() is not null
        && !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method);

    public static AuditRecord Of(HttpContext http, Caller caller, AuditKind kind) => new()
    {
        Kind = kind,
        Request = Bounded(http.TraceIdentifier, MaxText),
        Subject = Bounded(caller.Subject, MaxText),
        From = http.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : "unix",
        Operation = http.GetEndpoint()!.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
        Method = http.Request.Method,
        Path = PathOf(http),
        Namespace = http.GetRouteValue("namespace") is string name ? Bounded(name, MaxText) : null,
        TraceId = Activity.Current?.TraceId.ToHexString(),
    };

    /// <summary>What became of the intent.</summary>
    /// <param name="failure">What the request ended with, to become the answer; null where it was answered.</param>
    public static AuditRecord ResultOf(AuditRecord intent, HttpContext http, Exception? failure)
    {
        var location = http.Response.Headers.Location.ToString();
        var problem = failure is null ? null : ProblemTable.From(failure);
        var hasLeft = failure is not null && (http.RequestAborted.IsCancellationRequested || failure is ConnectionResetException or ConnectionAbortedException);
        return intent with
        {
            Kind = AuditKind.Result,
            Intent = intent.Sequence,
            Namespace = intent.Namespace ?? After(location, NamespacePlace),
            Job = intent.Job ?? After(location, JobPlace),
            Status = hasLeft ? null : problem is null || http.Response.HasStarted ? http.Response.StatusCode : problem.Status,
            Code = hasLeft ? "client_left" : problem?.Kind.Code,
        };
    }

    /// <summary>The end of a job, under the trace of the request that started it.</summary>
    public static AuditRecord EndOf(JobRecord job) => new()
    {
        Kind = AuditKind.End,
        Subject = Bounded(job.Subject, MaxText),
        Namespace = job.Namespace,
        Job = job.Id,
        JobKind = job.Kind,
        State = job.State.Spell(),
        TraceId = ActivityContext.TryParse(job.TraceParent, null, out var trace) ? trace.TraceId.ToHexString() : null,
        Code = job.Error?.Code,
    };

    // Credentials that somebody has put before a registry's name are not kept, nor what looks like a key.
    private static string PathOf(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        return SpanRedaction.HoldsUserInfo(path) ? ((RouteEndpoint)http.GetEndpoint()!).RoutePattern.RawText ?? "" : Bounded(SecretMask.Apply(path), MaxPath);
    }

    private static string? After(string location, string place) =>
        location.StartsWith(place, StringComparison.Ordinal) && location[place.Length..] is { Length: > 0 } name && !name.Contains('/') ? name : null;

    private static string Bounded(string text, int most) => text.Length <= most ? text : text[..most] + "...";
}
