using Gateway.Jobs;

namespace Gateway.Tests.Jobs;

public sealed class JobEventIdTests
{
    [Theory]
    [InlineData("0-1", 0, 1)]
    [InlineData("12-3456789", 12, 3456789)]
    [InlineData("9223372036854775807-9223372036854775807", long.MaxValue, long.MaxValue)]
    public void An_id_is_read_as_it_is_written(string text, long epoch, long sequence)
    {
        Assert.Equal(new JobEventId(epoch, sequence), JobEventId.Parse(text));
        Assert.Equal(text, new JobEventId(epoch, sequence).ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("-")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("1--1")]
    [InlineData("1-2-3")]
    [InlineData("01-2")]
    [InlineData("1-+2")]
    [InlineData(" 1-2")]
    [InlineData("1-2, 1-3")]
    [InlineData("1-9223372036854775808")]
    [InlineData("nonsense")]
    public void What_is_no_id_is_none(string? text) => Assert.Null(JobEventId.Parse(text));

    [Fact]
    public void The_epoch_counts_before_the_sequence()
    {
        JobEventId[] inOrder = [new(0, 1), new(0, 2), new(1, 900), new(1, 901), new(3, 4), new(3, 1000)];
        Assert.Equal(inOrder, inOrder.Reverse().Order());
        Assert.True(inOrder[4] > inOrder[3] && inOrder[3] < inOrder[4] && inOrder[0] <= inOrder[0] && inOrder[0] >= inOrder[0]);
    }

    [Theory]
    [InlineData("1-5", "1-6", true)]
    [InlineData("1-5", "2-6", true)]
    [InlineData("1-5", "3-6", false)]
    [InlineData("1-5", "1-7", false)]
    [InlineData("1-5", "2-7", false)]
    [InlineData("1-5", "1-5", false)]
    [InlineData("2-5", "1-6", false)]
    [InlineData("0-9223372036854775807", "1-1", false)]
    public void Only_one_step_leaves_nothing_out(string earlier, string later, bool expected) =>
        Assert.Equal(expected, JobEventId.Parse(later)!.Value.Follows(JobEventId.Parse(earlier)!.Value));
}
