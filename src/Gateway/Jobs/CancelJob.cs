using Gateway.Auth;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Gateway.Jobs;

internal static class CancelJob
{
    /// <summary>Asks a job to stop and to remove what it left. Asked again, or of a finished job, it changes nothing.</summary>
    public static async Task<Accepted<JobView>> Handle(string id, Caller caller, JobAccess access, JobCanceler canceler, CancellationToken cancel)
    {
        var job = await canceler.CancelAsync(access.FindToChange(id, caller).Id, cancel) ?? throw JobAccess.NotFound();
        return TypedResults.Accepted($"/v1/jobs/{job.Id}", JobView.From(job));
    }
}
