using Gateway.Auth;
using Gateway.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gateway.Jobs;

internal static class DeleteJob
{
    /// <summary>Forgets a finished job. What it made stays.</summary>
    public static async Task<NoContent> Handle(
        string id, Caller caller, JobAccess access, JobHousekeeping housekeeping, HttpContext http, CancellationToken cancel)
    {
        var job = access.FindToChange(id, caller);
        JobTag.Guard(http, job);
        if (!job.State.IsFinal())
        {
            throw new ProblemException(ProblemKinds.JobNotFinished, "the job has not finished; cancel it first");
        }

        return await housekeeping.DeleteAsync(job.Id, cancel) ? TypedResults.NoContent() : throw JobAccess.NotFound();
    }
}
