using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Jobs;

/// <summary>Who may see which job: its creator, and who may read jobs in its namespace. To others it does not exist.</summary>
internal sealed class JobAccess(JobWatcher jobs)
{
    /// <summary>The job, if the caller may see it.</summary>
    public JobRecord Find(string id, Caller caller) =>
        JobId.IsValid(id) && jobs.Find(id) is { } job && MaySee(job, caller) ? job : throw NotFound();

    public static bool MaySee(JobRecord job, Caller caller) => IsOwn(job, caller) || caller.May(Permission.JobsRead, job.Namespace);

    /// <summary>The job, if the caller may cancel and forget it.</summary>
    public JobRecord FindToChange(string id, Caller caller)
    {
        var job = Find(id, caller);
        return IsOwn(job, caller) || caller.May(Permission.JobsCancel, job.Namespace)
            ? job
            : throw new ProblemException(ProblemKinds.Forbidden, $"{Permission.JobsCancel} is not granted in namespace {job.Namespace}");
    }

    public static ProblemException NotFound() => new(ProblemKinds.NotFound, "there is no such job");

    private static bool IsOwn(JobRecord job, Caller caller) => string.Equals(job.Subject, caller.Subject, StringComparison.Ordinal);
}
