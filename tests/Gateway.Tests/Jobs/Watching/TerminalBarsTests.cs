using Gateway.Jobs;

namespace Gateway.Tests.Jobs.Watching;

public sealed class TerminalBarsTests
{
    private readonly TerminalBars bars = new();
    private readonly JobRecord job = SampleJob.New() with { State = JobState.Running, Attempt = 1 };

    [Fact]
    public void The_picture_shows_each_layer_and_the_total()
    {
        var screen = new Screen();
        screen.Write(bars.Event(job with
        {
            Progress = Progress(Layer('a', ItemState.Done, 100), Layer('b', ItemState.Downloading, 50), Layer('c', ItemState.Waiting, 0)),
        }));
        Assert.Equal(
            [
                "docker.io/library/alpine:3.20: downloading",
                "  aaaaaaaaaaaa ██████████████████ 100%  100.0/100.0 MB  done",
                "  bbbbbbbbbbbb █████████░░░░░░░░░  50%   50.0/100.0 MB  downloading",
                "  cccccccccccc ░░░░░░░░░░░░░░░░░░   0%    0.0/100.0 MB  waiting",
                "  total        █████████░░░░░░░░░  50%  150.0/300.0 MB  10.0 MB/s  eta 15s",
            ],
            screen.Lines);
    }

    [Fact]
    public void Each_picture_takes_the_place_of_the_one_before_even_when_it_is_smaller()
    {
        var screen = new Screen();
        screen.Write("$ curl\n");
        screen.Write(bars.Event(job));
        screen.Write(bars.Event(job with { Progress = Progress(Layer('a', ItemState.Downloading, 10), Layer('b', ItemState.Waiting, 0)) }));
        screen.Write(bars.Heartbeat(job with { Progress = Progress(Layer('a', ItemState.Downloading, 20), Layer('b', ItemState.Waiting, 0)) }));
        screen.Write(bars.Event(job with
        {
            State = JobState.Queued,
            Error = new JobError("", "", 503, "", "containerd_unavailable", true),
            NextAttemptAt = DateTimeOffset.UnixEpoch,
        }));
        Assert.Equal(["$ curl", "docker.io/library/alpine:3.20: containerd_unavailable, again at 00:00:00Z"], screen.Lines);
    }

    [Fact]
    public void The_last_line_stands_below_the_last_picture()
    {
        var screen = new Screen();
        screen.Write(bars.Event(job with { Progress = Progress(Layer('a', ItemState.Downloading, 10)) }));
        screen.Write(bars.Event(job with
        {
            State = JobState.Succeeded,
            Progress = Progress(Layer('a', ItemState.Done, 100)),
            Result = """{"image":{"target":{"digest":"sha256:abc"}}}""",
        }));
        Assert.Equal(4, screen.Lines.Count);
        Assert.Equal("succeeded docker.io/library/alpine:3.20 sha256:abc", screen.Lines[^1]);
    }

    [Theory]
    [InlineData(nameof(JobState.Succeeded), "succeeded docker.io/library/alpine:3.20 sha256:abc")]
    [InlineData(nameof(JobState.Failed), "failed: image_not_found: no such tag")]
    [InlineData(nameof(JobState.Canceled), "canceled docker.io/library/alpine:3.20")]
    public void Who_comes_after_the_end_gets_one_plain_line(string state, string expected) =>
        Assert.Equal($"{expected}\n", bars.Event(job with
        {
            State = Enum.Parse<JobState>(state),
            Result = """{"digest":"sha256:abc"}""",
            Error = new JobError("", "", 404, "no such tag", "image_not_found", false),
            Progress = Progress(Layer('a', ItemState.Done, 100)),
        }));

    [Fact]
    public void No_more_than_twenty_layers_are_drawn_those_that_move_first()
    {
        var screen = new Screen();
        var items = Enumerable.Range(0, 100)
            .Select(i => Layer('a', i < 60 ? ItemState.Done : i < 70 ? ItemState.Downloading : ItemState.Waiting, 50)).ToArray();
        screen.Write(bars.Event(job with { Progress = Progress(items) }));
        Assert.Equal(23, screen.Lines.Count);
        Assert.Equal(10, screen.Lines.Count(line => line.EndsWith("downloading", StringComparison.Ordinal)) - 1);
        Assert.Equal(10, screen.Lines.Count(line => line.EndsWith("  waiting", StringComparison.Ordinal)));
        Assert.Equal("  and 80 more: 20 waiting, 60 done", screen.Lines[^2]);
    }

    [Fact]
    public void No_line_is_wide_enough_to_wrap_on_a_terminal_of_eighty_columns()
    {
        var screen = new Screen();
        var wide = Progress(Layer('a', ItemState.Downloading, 50)) with
        {
            BytesDone = long.MaxValue / 2,
            BytesTotal = long.MaxValue,
            BytesPerSecond = 999_900_000,
            EtaSeconds = long.MaxValue,
        };
        var longName = $$"""{"reference":"registry.example.com/{{new string('x', 300)}}"}""";
        screen.Write(bars.Event(job with { Request = longName, Attempt = 100, Progress = wide }));
        Assert.All(screen.Lines, line => Assert.InRange(line.Length, 1, 79));
    }

    [Fact]
    public void What_a_registry_says_cannot_steer_the_terminal()
    {
        var text = bars.Event(job with { State = JobState.Failed, Error = new JobError("", "", 502, "\e[2Jboo\r\n\a\u009b31m", "registry_unavailable", true) });
        Assert.Equal("failed: registry_unavailable: ?[2Jboo???" + "?31m\n", text);
    }

    [Fact]
    public void A_retry_and_a_wish_to_cancel_are_shown()
    {
        Assert.Contains("(attempt 3)", bars.Event(job with { Attempt = 3 }), StringComparison.Ordinal);
        Assert.Contains(": canceling", bars.Event(job with { CancelRequested = true }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"reference":5}""")]
    [InlineData("null")]
    public void A_job_without_a_reference_is_called_by_its_kind(string request) =>
        Assert.Contains($"{job.Kind} {job.Id}", bars.Event(job with { Request = request }), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.0 kB")]
    [InlineData(999_949, "999.9 kB")]
    [InlineData(999_950, "1.0 MB")]
    [InlineData(1_500_000_000, "1.5 GB")]
    [InlineData(long.MaxValue, "9.2 EB")]
    public void Sizes_are_written_for_people(long bytes, string expected) => Assert.Equal(expected, ByteText.Of(bytes));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m00s")]
    [InlineData(3599, "59m59s")]
    [InlineData(3600, "1h00m")]
    [InlineData(360_000, "days")]
    public void Times_are_written_for_people(long seconds, string expected) => Assert.Equal(expected, ByteText.Seconds(seconds));

    private static ProgressView Progress(params ProgressItemView[] items)
    {
        var done = items.Sum(item => item.BytesDone);
        var total = items.Sum(item => item.BytesTotal);
        return new ProgressView(JobPhase.Downloading, done, total, (int)(100 * done / total), 10_000_000, (total - done) / 10_000_000, items);
    }

    private static ProgressItemView Layer(char letter, ItemState state, int percent) =>
        new($"sha256:{new string(letter, 64)}", "layer", state, percent * 1_000_000L, 100_000_000);

    /// <summary>A terminal that knows the three sequences the bars use, and nothing else.</summary>
    private sealed class Screen
    {
        private readonly List<string> lines = [];
        private int row;

        public List<string> Lines => lines;

        public void Write(string text)
        {
            while (text.Length > 0)
            {
                if (text.StartsWith("\e[", StringComparison.Ordinal))
                {
                    var end = text.IndexOf('A', StringComparison.Ordinal);
                    row -= int.Parse(text[2..end]);
                    text = text[(end + 1)..];
                }
                else
                {
                    var end = text.IndexOf('\n', StringComparison.Ordinal);
                    var erasesBelow = text[..end].EndsWith("\e[J", StringComparison.Ordinal);
                    var line = text[..end].Replace("\e[K", "", StringComparison.Ordinal).Replace("\e[J", "", StringComparison.Ordinal);
                    lines.RemoveRange(row, erasesBelow ? lines.Count - row : Math.Min(1, lines.Count - row));
                    lines.Insert(row++, line);
                    text = text[(end + 1)..];
                }
            }
        }
    }
}
