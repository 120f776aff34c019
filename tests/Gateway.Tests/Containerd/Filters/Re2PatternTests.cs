using Gateway.Containerd.Filters;

namespace Gateway.Tests.Containerd.Filters;

public sealed class Re2PatternTests
{
    [Theory]
    [InlineData("^a{2,3}$", "aaa", true)]
    [InlineData("^a{2,3}$", "aaaa", false)]
    [InlineData("a{,2}", "a{,2}", true)]
    [InlineData("a{01}", "a{01}", true)]
    [InlineData("^[^a]$", "😀", true)]
    [InlineData("^..$", "😀", false)]
    [InlineData("^😀+$", "😀😀", true)]
    [InlineData(@"^\d+$", "٣", false)]
    [InlineData(@"^\w+$", "é", false)]
    [InlineData(@"^\S\D\W$", "é é", true)]
    [InlineData("^[[:alpha:]-]+$", "a-b", true)]
    [InlineData("^[]a]+$", "]a", true)]
    [InlineData(@"^[\d\-x]+$", "1-x", true)]
    [InlineData("x$", "x\n", false)]
    [InlineData("(a|b)*?c", "abc", true)]
    [InlineData("(?P<name>a)(?:b)", "ab", true)]
    [InlineData(@"\x41\x{42}\103\.\_", "ABC._", true)]
    [InlineData("a||b", "", true)]
    [InlineData(".", "\n", false)]
    public void Expression_means_here_what_it_means_to_RE2(string pattern, string value, bool matches)
    {
        var parsed = Re2Pattern.Parse(pattern, 0);
        Assert.True(parsed.IsLocal);
        Assert.Equal(matches, parsed.IsMatch(value));
    }

    [Theory]
    [InlineData(@"\bword\b")]
    [InlineData("(?i)alpine")]
    [InlineData("(?s-m:a.b)")]
    [InlineData(@"\p{Greek}\pL[\P{^Lu}]")]
    [InlineData(@"[\x{1F600}-\x{1F64F}]")]
    [InlineData(@"[\D]")]
    [InlineData("[[:^digit:]]")]
    [InlineData(@"\Qa.b\E+")]
    [InlineData("(?<name>a)")]
    public void Expression_that_NET_reads_otherwise_is_left_to_containerd(string pattern) => Assert.False(Re2Pattern.Parse(pattern, 0).IsLocal);

    [Theory]
    [InlineData("[")]
    [InlineData("[z-a]")]
    [InlineData("[[:nope:]]")]
    [InlineData(@"[a-\d]")]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("(a")]
    [InlineData("*a")]
    [InlineData("a|*")]
    [InlineData("(+)")]
    [InlineData("a**")]
    [InlineData("a{2}{3}")]
    [InlineData("a*??")]
    [InlineData("a{1001}")]
    [InlineData("a{3,2}")]
    [InlineData("(a{100}){11}")]
    [InlineData(@"\")]
    [InlineData(@"\1")]
    [InlineData(@"\8")]
    [InlineData(@"\q")]
    [InlineData(@"\C")]
    [InlineData(@"\Z")]
    [InlineData(@"\x4")]
    [InlineData(@"\x{110000}")]
    [InlineData(@"\pX")]
    [InlineData(@"\p{Nope}")]
    [InlineData(@"\p{")]
    [InlineData("(?=a)")]
    [InlineData("(?!a)")]
    [InlineData("(?<=a)")]
    [InlineData("(?>a)")]
    [InlineData("(?x)")]
    [InlineData("(?i-)")]
    [InlineData("(?P<a>.)(?P<a>.)")]
    [InlineData("(?P<é>.)")]
    [InlineData("(?P=a)")]
    public void Expression_that_RE2_refuses_is_refused(string pattern) => Assert.Throws<FilterException>(() => Re2Pattern.Parse(pattern, 0));

    [Fact]
    public void Hostile_expression_takes_no_time_that_grows_with_its_nesting()
    {
        var pattern = Re2Pattern.Parse("^(a+)+(a*)*(a|a)*$", 0);
        Assert.False(pattern.IsMatch(new string('a', 50_000) + "!"));
    }
}
