using Gateway.Containerd;

namespace Gateway.Tests.Containerd;

public sealed class FilterTextTests
{
    [Theory]
    [InlineData("plain", "id==\"plain\"")]
    [InlineData("a\"b\\c", "id==\"a\\\"b\\\\c\"")]
    [InlineData("a\nb\0", "id==\"a\\x0ab\\x00\"")]
    [InlineData("é, 日", "id==\"é, 日\"")]
    public void Any_value_is_quoted_as_Go_quotes_it(string value, string filter) => Assert.Equal(filter, FilterText.Equal("id", value));
}
