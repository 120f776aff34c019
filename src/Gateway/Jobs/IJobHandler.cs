using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Oci;

namespace Gateway.Jobs;

/// <summary>Does the work of one kind of job. Registered by kind; jobs know no feature.</summary>
internal interface IJobHandler
{
    /// <summary>For example <c>image.pull</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Does the work, or goes on with what an earlier attempt left. Every step is safe to repeat: delivery is at least once.
    /// The result becomes the job's <c>result</c>. A thrown exception becomes the job's problem through the one table.
    /// </summary>
    Task<JsonNode?> RunAsync(JobRun job, CancellationToken cancel);

    /// <summary>
    /// Removes what a failed or canceled job may have left; safe to repeat. A job interrupted by shutdown is not cleaned: it goes on later.
    /// </summary>
    Task CleanUpAsync(JobRun job, CancellationToken cancel);
}

/// <summary>One attempt at a job.</summary>
/// <param name="Id">Time-ordered and URL-safe; names the job's lease.</param>
/// <param name="Request">The request without its credentials.</param>
/// <param name="Secret">The credentials' JSON, decrypted; null where there are none.</param>
/// <param name="Attempt">1 on the first.</param>
internal sealed record JobRun(string Id, string Namespace, JsonElement Request, Secret? Secret, int Attempt, JobProgress Progress);
