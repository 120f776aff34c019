using Gateway.Jobs;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tests.Jobs;

public sealed class PreferWaitTests
{
    [Theory]
    [InlineData("wait=30", 30)]
    [InlineData("wait=0", 0)]
    [InlineData("wait=60", 60)]
    [InlineData("wait=61", 60)]
    [InlineData("wait=99999999999999999999", 60)]
    [InlineData("WAIT=5", 5)]
    [InlineData("wait=\"7\"", 7)]
    [InlineData("respond-async, wait=10", 10)]
    [InlineData("respond-async;foo=bar,\twait = 10 ; x=y", 10)]
    [InlineData("wait=1, wait=2", 1)]
    public void A_wish_is_read_and_cut_to_a_minute(string header, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), PreferWait.Read(header));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("respond-async")]
    [InlineData("wait")]
    [InlineData("wait=")]
    [InlineData("wait=-1")]
    [InlineData("wait=1.5")]
    [InlineData("wait=30s")]
    [InlineData("wait=٣")]
    [InlineData("wait=0x10")]
    [InlineData("wait=10\n")]
    [InlineData("await=10")]
    [InlineData("wait=999999999999999999999999999999")]
    public void What_is_malformed_is_ignored(string? header) => Assert.Null(PreferWait.Read(header));

    [Fact]
    public void Several_header_lines_are_one_list() =>
        Assert.Equal(TimeSpan.FromSeconds(4), PreferWait.Read(new StringValues(["return=minimal", "wait=4"])));

    [Fact]
    public void A_huge_header_is_not_looked_at() => Assert.Null(PreferWait.Read(new string(' ', 5000) + "wait=4"));
}
