using Gateway.Http;

namespace Gateway.Jobs;

/// <summary>Why a job failed, or why it waits for another attempt: an RFC 9457 problem.</summary>
/// <param name="Type">Its page, <c>/problems/{code}</c>.</param>
/// <param name="Title">What kind of problem this is.</param>
/// <param name="Status">The HTTP status it would have as an answer.</param>
/// <param name="Detail">What could not be done, and why.</param>
/// <param name="Code">Its stable name.</param>
/// <param name="Retryable">Whether the same request may succeed later without being changed.</param>
internal sealed record JobError(string Type, string Title, int Status, string Detail, string Code, bool Retryable)
{
    /// <summary>Longest detail kept, in characters.</summary>
    private const int MaxDetail = 2048;

    public static JobError From(Problem problem) => new(
        $"/problems/{problem.Kind.Code}",
        problem.Kind.Title,
        problem.Kind.Status,
        problem.Detail.Length > MaxDetail ? problem.Detail[..MaxDetail] : problem.Detail,
        problem.Kind.Code,
        problem.Kind.Retryable);
}
