namespace Gateway.Containerd;

/// <summary>One asynchronous lock a key. A key that nobody holds or awaits takes no memory.</summary>
public sealed class KeyedLocks
{
    private readonly Dictionary<string, Entry> entries = new(StringComparer.Ordinal);

    /// <summary>Waits for the key's lock; dispose the result to give it up.</summary>
    public async Task<IDisposable> EnterAsync(string key, CancellationToken cancel)
    {
        var entry = Rent(key);
        try
        {
            await entry.Gate.WaitAsync(cancel);
            return new Held(this, key, entry);
        }
        catch
        {
            Return(key, entry);
            throw;
        }
    }

    /// <summary>The lock if it is free this moment, else null.</summary>
    public IDisposable? TryEnter(string key)
    {
        var entry = Rent(key);
        if (entry.Gate.Wait(TimeSpan.Zero))
        {
            return new Held(this, key, entry);
        }

        Return(key, entry);
        return null;
    }

    private Entry Rent(string key)
    {
        lock (entries)
        {
            if (!entries.TryGetValue(key, out var entry))
            {
                entries[key] = entry = new Entry();
            }

            entry.Users++;
            return entry;
        }
    }

    private void Return(string key, Entry entry)
    {
        lock (entries)
        {
            if (--entry.Users is 0)
            {
                entries.Remove(key);
                entry.Gate.Dispose();
            }
        }
    }

    private sealed class Entry
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Held(KeyedLocks owner, string key, Entry entry) : IDisposable
    {
        private int disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref disposed, 1) is 0)
            {
                entry.Gate.Release();
                owner.Return(key, entry);
            }
        }
    }
}
