using System.Collections.Concurrent;

namespace Gateway.Auth;

/// <summary>When each key of the store was last used: noted in memory, and written once a minute.</summary>
internal sealed partial class KeyUse(AccessStore store, TimeProvider time, ILogger<KeyUse> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> used = new(StringComparer.Ordinal);

    public void Note(string key) => used[key] = time.GetUtcNow();

    /// <summary>The last use of a stored key, whether it has been written or not.</summary>
    public DateTimeOffset? Of(StoredKey key) => used.TryGetValue(key.Id, out var at) ? at : key.LastUsedAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var minutes = new PeriodicTimer(Pause, time);
        try
        {
            while (await minutes.WaitForNextTickAsync(stoppingToken))
            {
                Write();
            }
        }
        catch (OperationCanceledException)
        {
            Write();
        }
    }

    private void Write()
    {
        var noted = used.ToArray();
        if (noted.Length is 0)
        {
            return;
        }

        try
        {
            store.Change(state => state.With(noted.Where(use => state.Keys.ContainsKey(use.Key)).Select(use => state.Keys[use.Key] with { LastUsedAt = use.Value })));
            foreach (var use in noted)
            {
                used.TryRemove(use); // unless it has been used again
            }
        }
        catch (Http.ProblemException unwritable)
        {
            LogUnwritten(unwritable);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The last use of keys cannot be written")]
    private partial void LogUnwritten(Exception exception);
}
