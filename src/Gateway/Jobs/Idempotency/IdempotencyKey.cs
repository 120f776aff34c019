namespace Gateway.Jobs;

/// <summary>A caller's wish to have a request done once, however often it is sent.</summary>
/// <param name="Subject">Whose wish: another caller's same key is another key.</param>
/// <param name="Key">As the caller chose it.</param>
/// <param name="Fingerprint">Of the request; another one under the same key is refused.</param>
internal sealed record IdempotencyKey(string Subject, string Key, byte[] Fingerprint)
{
    /// <summary>Whether all that the request does is one row of a job, in the key's own transaction. Of any other it is not known after a kill whether it was done.</summary>
    public bool StartsJob { get; init; } = true;
}

/// <summary>What is known of a key.</summary>
/// <param name="Job">The job that the first request started.</param>
/// <param name="Answer">Its answer, where it started none. Neither: it is under way.</param>
/// <param name="IsLost">Whether the gateway ended before it was answered.</param>
internal sealed record IdempotencyEntry(byte[] Fingerprint, JobRecord? Job, StoredAnswer? Answer, bool IsLost = false);

/// <summary>An answer that can be given again.</summary>
internal sealed record StoredAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);
