using System.Collections.Concurrent;
using Gateway.Containerd.Freshness;

namespace Gateway.Images.Reading;

/// <summary>An answer as it goes over the wire.</summary>
/// <param name="Body">The JSON.</param>
/// <param name="Header">The ETag of a single resource, or the Link of a page.</param>
internal sealed record KeptAnswer(byte[] Body, string? Header)
{
    /// <summary>Memory it takes beside its texts, roughly.</summary>
    private const int Overhead = 256;

    public long Bytes(AnswerKey key) => Body.Length + (2L * ((Header?.Length ?? 0) + key.Path.Length + key.Query.Length)) + Overhead;
}

/// <summary>What was asked: the path's value or the whole path, and the query as it came.</summary>
internal readonly record struct AnswerKey(string Path, string Query);

/// <summary>A reading of a namespace and the answers made of it.</summary>
internal sealed class NamespaceMemory(NamespaceReading reading)
{
    private readonly ConcurrentDictionary<AnswerKey, KeptAnswer> answers = new();
    private long answerBytes;

    public NamespaceReading Reading { get; } = reading;

    /// <summary>Set whenever it is used, for the choice of what goes first.</summary>
    public long LastUsed { get; set; }

    public long Bytes => Interlocked.Read(ref answerBytes) + Reading.Bytes;

    public KeptAnswer? Find(AnswerKey key) => answers.GetValueOrDefault(key);

    public void Keep(AnswerKey key, KeptAnswer answer)
    {
        if (answers.TryAdd(key, answer))
        {
            Interlocked.Add(ref answerBytes, answer.Bytes(key));
        }
    }
}
