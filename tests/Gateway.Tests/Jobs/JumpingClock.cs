using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs;

/// <summary>A wall clock that somebody sets, beside a monotonic clock and timers that do not care.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private readonly FakeTimeProvider steady = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));
    private TimeSpan offset;

    public override long TimestampFrequency => steady.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + offset;

    public override long GetTimestamp() => steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        steady.CreateTimer(callback, state, dueTime, period);

    /// <summary>Time passes.</summary>
    public void Advance(TimeSpan time) => steady.Advance(time);

    /// <summary>The wall clock is set; no time passes.</summary>
    public void Jump(TimeSpan by) => offset += by;
}
