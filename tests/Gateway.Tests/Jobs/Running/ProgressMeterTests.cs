using CsCheck;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Running;

public sealed class ProgressMeterTests
{
    private readonly FakeTimeProvider time = new();
    private readonly JobProgress progress = new();
    private readonly ProgressMeter meter;

    public ProgressMeterTests() => meter = new ProgressMeter(progress, time);

    [Fact]
    public void Unpacking_is_half_of_the_work_of_an_item_that_unpacks()
    {
        var layer = progress.Add("sha256:a", "layer", 1000, unpacks: true);
        progress.Enter(JobPhase.Downloading);
        layer.State = ItemState.Downloading;
        layer.Reached(500);
        Assert.Equal(25, meter.Read().Percent);
        layer.Reached(1000);
        layer.State = ItemState.Unpacking;
        Assert.Equal(50, meter.Read().Percent);
        layer.State = ItemState.Done;
        Assert.Equal(99, meter.Read().Percent);
    }

    [Fact]
    public void An_item_that_does_not_unpack_is_done_with_its_bytes()
    {
        progress.Add("sha256:a", "config", 100, unpacks: false).Reached(50);
        progress.Enter(JobPhase.Downloading);
        Assert.Equal(50, meter.Read().Percent);
    }

    [Fact]
    public void An_item_that_exists_counts_as_whole_but_not_as_speed()
    {
        meter.Read();
        var layer = progress.Add("sha256:a", "layer", 1000, unpacks: true);
        progress.Add("sha256:b", "layer", 1000, unpacks: true);
        progress.Enter(JobPhase.Downloading);
        layer.Reached(1000);
        layer.State = ItemState.Exists;
        time.Advance(TimeSpan.FromSeconds(1));
        var seen = meter.Read();
        Assert.Equal((50, 1000L, 2000L, 0L), (seen.Percent, seen.BytesDone, seen.BytesTotal, seen.BytesPerSecond));
        Assert.Null(seen.EtaSeconds);
    }

    [Fact]
    public void What_an_earlier_attempt_left_is_not_counted_as_speed()
    {
        meter.Read();
        var layer = progress.Add("sha256:a", "layer", 10_000, unpacks: false);
        progress.Enter(JobPhase.Downloading);
        layer.State = ItemState.Downloading;
        layer.Resume(9000);
        layer.Reached(9100);
        time.Advance(TimeSpan.FromSeconds(1));
        var seen = meter.Read();
        Assert.Equal((9100L, 100L, 9L), (seen.BytesDone, seen.BytesPerSecond, seen.EtaSeconds));
    }

    [Fact]
    public void The_rate_is_that_of_the_last_seconds_and_falls_to_nothing_when_nothing_comes()
    {
        var layer = progress.Add("sha256:a", "layer", 1_000_000, unpacks: false);
        progress.Enter(JobPhase.Downloading);
        layer.State = ItemState.Downloading;
        meter.Read();
        for (var second = 1; second <= 10; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            layer.Reached(second * 1000);
            Assert.Equal(1000, meter.Read().BytesPerSecond);
        }

        for (var second = 0; second < 6; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            meter.Read();
        }

        Assert.Equal(0, meter.Read().BytesPerSecond);
        Assert.Null(meter.Read().EtaSeconds);
    }

    [Fact]
    public void The_share_of_manifests_says_nothing_while_layers_are_unknown()
    {
        progress.Add("sha256:m", "manifest", 500, unpacks: false).Reached(500);
        Assert.Equal(0, meter.Read().Percent);
        progress.Add("sha256:a", "layer", 100_000, unpacks: true);
        progress.Enter(JobPhase.Downloading);
        Assert.Equal(0, meter.Read().Percent);
    }

    [Fact]
    public void Success_is_a_hundred_percent_of_everything()
    {
        progress.Add("sha256:a", "layer", 1000, unpacks: true).Reached(10);
        progress.Add("sha256:b", "layer", 50, unpacks: true).State = ItemState.Exists;
        var end = meter.Complete();
        Assert.Equal((100, 1050L, 1050L, 0L), (end.Percent, end.BytesDone, end.BytesTotal, end.BytesPerSecond));
        Assert.Equal([ItemState.Done, ItemState.Exists], end.Items.Select(item => item.State));
        Assert.All(end.Items, item => Assert.Equal(item.BytesTotal, item.BytesDone));
    }

    [Fact]
    public void A_job_without_items_succeeds_at_a_hundred_percent() => Assert.Equal(100, meter.Complete().Percent);

    [Fact]
    public void No_figure_goes_backwards_whatever_is_reported() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5], Gen.Long[0, 1200], Gen.Int[0, 6]).List[0, 60].Sample(steps =>
        {
            var reported = new JobProgress();
            var figures = new ProgressMeter(reported, time);
            var items = new List<ProgressItem>();
            var before = figures.Read();
            foreach (var (what, index, bytes, state) in steps)
            {
                if (what == 0 || items.Count == 0)
                {
                    items.Add(reported.Add($"sha256:{items.Count}", "layer", bytes, unpacks: index % 2 == 0));
                }

                var item = items[index % items.Count];
                item.Reached(bytes);
                item.State = (ItemState)Math.Max((int)item.State, state);
                reported.Enter((JobPhase)what);
                var now = figures.Read();
                Assert.InRange(now.Percent, before.Percent, 99);
                Assert.InRange(now.BytesDone, before.BytesDone, now.BytesTotal);
                Assert.True(now.BytesTotal >= before.BytesTotal && now.Phase >= before.Phase && now.BytesPerSecond >= 0);
                before = now;
            }
        }, iter: 500);
}
