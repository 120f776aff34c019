using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs;

public sealed class JobIdTests
{
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Ids_made_within_one_millisecond_sort_as_they_were_made()
    {
        var ids = new JobId(time);
        var made = Enumerable.Range(0, 10_000).Select(_ => ids.Next()).ToList();
        Assert.Equal(made.Order(StringComparer.Ordinal), made);
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [Fact]
    public void Ids_go_on_rising_when_the_clock_steps_back()
    {
        var back = new SteppingClock();
        var ids = new JobId(back);
        var before = ids.Next();
        back.Now -= TimeSpan.FromHours(1);
        Assert.True(string.CompareOrdinal(ids.Next(), before) > 0);
    }

    [Fact]
    public void Later_ids_sort_after_earlier_ones_of_another_process()
    {
        var before = new JobId(time).Next();
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(string.CompareOrdinal(new JobId(time).Next(), before) > 0);
    }

    [Fact]
    public void Ids_made_in_parallel_differ()
    {
        var ids = new JobId(TimeProvider.System);
        var made = new string[20_000];
        Parallel.For(0, made.Length, i => made[i] = ids.Next());
        Assert.Equal(made.Length, made.Distinct().Count());
    }

    [Fact]
    public void An_id_is_valid_and_a_version_7_uuid()
    {
        var id = new JobId(time).Next();
        Assert.True(JobId.IsValid(id));
        var value = id.Aggregate(UInt128.Zero, (sum, letter) => (sum << 5) | (UInt128)"0123456789abcdefghjkmnpqrstvwxyz".IndexOf(letter));
        Assert.Equal(7, (int)(value >> 76) & 15);
        Assert.Equal(2, (int)(value >> 62) & 3);
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds(), (long)(value >> 80));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("01jwm2x8g07000000000000000x")]
    [InlineData("01jwm2x8g0700000000000000")]
    [InlineData("01JWM2X8G07000000000000000")]
    [InlineData("01jwm2x8g0700000000000000l")]
    [InlineData("../../../../../etc/passwd0")]
    [InlineData("01jwm2x8g0700000000000000\n")]
    public void Other_text_is_no_id(string? text) => Assert.False(JobId.IsValid(text));

    private sealed class SteppingClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2025, 6, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
