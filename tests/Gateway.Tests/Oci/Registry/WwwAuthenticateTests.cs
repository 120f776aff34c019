using CsCheck;
using Gateway.Oci.Registry;

namespace Gateway.Tests.Oci.Registry;

public sealed class WwwAuthenticateTests
{
    private static string Shown(IEnumerable<Challenge> challenges) =>
        string.Join(" | ", challenges.Select(c => $"{c.Scheme}:{string.Join(';', c.Parameters.Select(p => $"{p.Key}={p.Value}"))}"));

    [Theory]
    [InlineData("Basic", "Basic:")]
    [InlineData("Basic realm=\"x\"", "Basic:realm=x")]
    [InlineData("Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\"", "Bearer:realm=https://a/t;service=s;scope=repository:a/b:pull,push")]
    [InlineData("Bearer realm=\"a\" , service = b", "Bearer:realm=a;service=b")]
    [InlineData("Basic realm=\"x\", Bearer realm=\"y\",scope=\"z\"", "Basic:realm=x | Bearer:realm=y;scope=z")]
    [InlineData("Negotiate, Basic realm=x", "Negotiate: | Basic:realm=x")]
    [InlineData("Bearer realm=\"a\\\"b\\\\c\"", "Bearer:realm=a\"b\\c")]
    [InlineData("Bearer realm=\"a\",realm=\"b\"", "Bearer:realm=a")]
    [InlineData("Bearer realm=\"never closed", "Bearer:")]
    [InlineData("Bearer realm=", "Bearer:realm=")]
    [InlineData(",,, ,", "")]
    [InlineData("=\"x\"", "")]
    [InlineData("", "")]
    public void Challenges_are_read_as_written(string header, string expected) => Assert.Equal(expected, Shown(WwwAuthenticate.Parse([header])));

    [Fact]
    public void Headers_count_as_one_list() =>
        Assert.Equal("Basic:realm=x | Bearer:realm=y", Shown(WwwAuthenticate.Parse(["Basic realm=x", "Bearer realm=y"])));

    [Fact]
    public void Hostile_headers_are_bounded()
    {
        Assert.Empty(WwwAuthenticate.Parse([new string('a', WwwAuthenticate.MaxLength + 1)]));
        Assert.Equal(WwwAuthenticate.MaxChallenges, WwwAuthenticate.Parse(Enumerable.Repeat("Basic", 50)).Count);
        Assert.Equal(WwwAuthenticate.MaxParameters, WwwAuthenticate.Parse(["Bearer " + string.Join(',', Enumerable.Range(0, 50).Select(i => $"p{i}=v"))])[0].Parameters.Count);
    }

    [Fact]
    public void No_header_breaks_the_parser() =>
        Gen.String[Gen.Char["Bearealm =\",\\\t\n\0;é"], 0, 60].Sample(text => WwwAuthenticate.Parse([text]).Count <= WwwAuthenticate.MaxChallenges);
}
