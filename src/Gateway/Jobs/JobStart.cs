using Gateway.Oci;

namespace Gateway.Jobs;

/// <summary>What a feature hands over to have a job started.</summary>
/// <param name="Kind">The handler's kind.</param>
/// <param name="Request">Serialised as the job's <c>request</c>: no credential may be in it.</param>
/// <param name="WorkKey">
/// Two requests of one caller with this key are the same work: while one is queued or running, the second gets its job. Null: never joined.
/// </param>
/// <param name="Secret">Credentials as JSON, or null. Stored encrypted, erased at the end.</param>
/// <param name="Timeout">Total limit for all attempts.</param>
/// <param name="Id">The job's id where work was done under it before; the job then has something to clean up however it ends. Null: a new one.</param>
internal sealed record JobStart(string Kind, string Namespace, object Request, string? WorkKey, Secret? Secret, TimeSpan Timeout, string? Id = null);
