using System.Globalization;
using Gateway.Containerd;

namespace Gateway.Tests.Containerd;

public sealed class LeaseExpiryTests
{
    [Theory]
    [InlineData("2026-11-25T16:40:05Z", "2026-11-25T16:40:05Z")]
    [InlineData("2026-11-25T16:40:05.5Z", "2026-11-25T16:40:05.5Z")]
    [InlineData("2026-11-25T16:40:05.123456789Z", "2026-11-25T16:40:05.1234567Z")]
    [InlineData("2026-11-25T16:40:05+02:00", "2026-11-25T14:40:05Z")]
    public void Time_is_read_as_the_daemon_reads_it(string text, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture), LeaseExpiry.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("tomorrow")]
    [InlineData("2026-11-25")]
    [InlineData("2026-11-25 16:40:05Z")]
    [InlineData("2026-11-25T16:40:05")]
    [InlineData("2026-13-25T16:40:05Z")]
    [InlineData("2026-11-25T16:40:05Z\n")]
    public void What_the_daemon_cannot_read_never_expires(string text) => Assert.Null(LeaseExpiry.Parse(text));

    [Fact]
    public void Time_that_is_written_is_read_again() =>
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 2, 4, 5, TimeSpan.Zero), LeaseExpiry.Parse(LeaseExpiry.Format(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 999, TimeSpan.FromHours(1)))));
}
