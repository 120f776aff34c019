using System.Threading.RateLimiting;

namespace Gateway.Auth;

/// <summary>A token bucket for each name. Buckets that are full again are forgotten after some seconds: what is kept is bounded by the rate of new names.</summary>
internal sealed class RateBudget : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    private readonly PartitionedRateLimiter<string>? limiter;

    private RateBudget(int most, int refill, TimeSpan every)
    {
        var bucket = new TokenBucketRateLimiterOptions { TokenLimit = most, TokensPerPeriod = refill, ReplenishmentPeriod = every, QueueLimit = 0 };
        limiter = most is 0 ? null : PartitionedRateLimiter.Create<string, string>(name => RateLimitPartition.GetTokenBucketLimiter(name, _ => bucket), StringComparer.Ordinal);
    }

    /// <summary>So many a second, twice as many at once. 0: any number.</summary>
    public static RateBudget PerSecond(int rate) => rate < 10 ? new(2 * rate, Math.Max(1, rate), TimeSpan.FromSeconds(1)) : new(2 * rate, (rate + 9) / 10, Tick);

    /// <summary>So many a minute, all of them at once if need be. 0: any number.</summary>
    public static RateBudget PerMinute(int rate) => new(rate, Math.Max(1, rate / 60), TimeSpan.FromSeconds(Math.Max(1, 60.0 / Math.Max(1, rate))));

    /// <summary>Takes one. Where there is none left, tells when to come again.</summary>
    public TimeSpan? Take(string name)
    {
        if (limiter is null)
        {
            return null;
        }

        using var lease = limiter.AttemptAcquire(name);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > LeastWait ? wait
            : LeastWait;
    }

    /// <summary>Tells when to come again where there is none left, and takes none. Not by taking none: to the limiter a part of one is enough for that.</summary>
    public TimeSpan? Look(string name) => limiter?.GetStatistics(name) is { CurrentAvailablePermits: 0 } ? Take(name) : null;

    public void Dispose() => limiter?.Dispose();
}
