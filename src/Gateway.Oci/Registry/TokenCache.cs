namespace Gateway.Oci.Registry;

/// <summary>A bearer token and the moment from which it is no longer used. Not a record: a record would print its secret.</summary>
internal sealed class Token(string value, DateTimeOffset usableUntil)
{
    public string Value { get; } = value;

    public DateTimeOffset UsableUntil { get; } = usableUntil;
}

/// <summary>Tokens by registry host, realm, service and scopes, for one caller's credentials: each opened repository has its own, so none is ever shared.</summary>
internal sealed class TokenCache(TimeProvider time)
{
    // Scopes come from the registry's challenge; a registry that invents new ones each time does not fill memory.
    private const int MaxTokens = 64;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Token> tokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task<Token>> fetching = new(StringComparer.Ordinal);

    /// <summary>A usable token other than <paramref name="rejected"/>; requests that need the same one at the same time wait for one fetch.</summary>
    public Task<Token> GetAsync(string key, string? rejected, Func<Task<Token>> fetch, CancellationToken cancel)
    {
        lock (gate)
        {
            if (tokens.TryGetValue(key, out var token) && token.UsableUntil > time.GetUtcNow() && !string.Equals(token.Value, rejected, StringComparison.Ordinal))
            {
                return Task.FromResult(token);
            }

            if (!fetching.TryGetValue(key, out var running))
            {
                running = FetchAsync(key, fetch);
                fetching[key] = running;
            }

            // The fetch itself is not cancelled: others may wait for it, and its own time-outs end it.
            return running.WaitAsync(cancel);
        }
    }

    private async Task<Token> FetchAsync(string key, Func<Task<Token>> fetch)
    {
        await Task.Yield(); // out of the caller's lock
        try
        {
            var token = await fetch();
            lock (gate)
            {
                if (tokens.Count >= MaxTokens)
                {
                    tokens.Clear();
                }

                tokens[key] = token;
            }

            return token;
        }
        finally
        {
            lock (gate)
            {
                fetching.Remove(key);
            }
        }
    }
}
