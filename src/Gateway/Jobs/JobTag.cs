using Gateway.Http;
using Microsoft.Net.Http.Headers;

namespace Gateway.Jobs;

/// <summary>A job's entity tag is the id of its newest event: that rises with each change anyone can see.</summary>
internal static class JobTag
{
    public static EntityTagHeaderValue Of(JobRecord job) => new($"\"{job.EventId}\"");

    /// <summary>Whether <c>If-None-Match</c> names this very state.</summary>
    public static bool IsKnown(HttpContext http, JobRecord job) =>
        http.Request.GetTypedHeaders().IfNoneMatch.Any(known => Fits(known, job, strong: false));

    /// <summary>Refuses where <c>If-Match</c> names another state only.</summary>
    public static void Guard(HttpContext http, JobRecord job)
    {
        // The header, not what could be read of it: a tag that is malformed names no state.
        var isAsked = http.Request.Headers.IfMatch.Count > 0;
        if (isAsked && !http.Request.GetTypedHeaders().IfMatch.Any(tag => Fits(tag, job, strong: true)))
        {
            throw new ProblemException(ProblemKinds.PreconditionFailed, "the job has changed");
        }
    }

    private static bool Fits(EntityTagHeaderValue tag, JobRecord job, bool strong) =>
        tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(Of(job), useStrongComparison: strong);
}
