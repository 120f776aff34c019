using Gateway.Auth;

namespace Gateway.Jobs;

internal static class GetJobEvents
{
    /// <summary>
    /// The job's states as they come, the final one last. A reader that falls behind gets the newest state, not each. <c>Last-Event-ID</c> leaves out
    /// what the client has seen; where more has been told since than can still be had, an event <c>gap</c> says so first.
    /// </summary>
    public static async Task<IResult> Handle(
        string id, Caller caller, JobAccess access, JobHub hub, EventFormats formats, JobFollower follower, HttpContext http)
    {
        var format = formats.Negotiate(http.Request.GetTypedHeaders());
        access.Find(id, caller);
        using var watch = hub.Watch(id, caller.Subject);
        var job = access.Find(id, caller);
        var seen = JobEventId.Parse(http.Request.Headers["Last-Event-ID"]);
        if (job.State.IsFinal() && seen == job.EventId)
        {
            // An EventSource comes back after every end of stream. By the HTML standard this tells it to stay away.
            return TypedResults.NoContent();
        }

        await follower.FollowAsync(http, watch, job, seen, format);
        return TypedResults.Empty;
    }
}
