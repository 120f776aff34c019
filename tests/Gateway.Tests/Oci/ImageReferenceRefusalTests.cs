using CsCheck;
using Gateway.Oci;

namespace Gateway.Tests.Oci;

/// <summary>Texts that are no references, and properties of those that are.</summary>
public sealed class ImageReferenceRefusalTests
{
    private const string F64 = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    /// <summary>Parts that a reference may be made of, good and bad, to be put together at random.</summary>
    private static readonly string[] Pieces =
        ["a", "A", "0", "alpine", "localhost", "docker.io", "index.docker.io", "[::1]", ":", ":5000", ":latest", "/", "//", "@", "@sha256:" + F64, ".", "..",
         "-", "--", "_", "__", "___", "\n", " ", "%", "\u212A", "\u0130", "\U0001F433", "[", "]", "é"];

    public static TheoryData<string> FromDistribution => new(
        "", ":justtag", "@sha256:" + F64, "repo@sha256:ffffffffffffffffffffffffffffffffff", "validname@invaliddigest:" + F64, "Uppercase:tag",
        "test:5000/Uppercase/lowercase:tag", "domain/" + new string('a', 256) + ":tag", "aa/asdf$$^/aa", "[2001:db8::1]", "[2001:db8::1]:5000",
        "[2001:db8::1]:tag", "[fe80::1%eth0]:5000/repo", "[fe80::1%@invalidzone]:5000/repo", "https://github.com/docker/docker", "docker/Docker", "-docker",
        "-docker/docker", "-docker.io/docker/docker", "docker///docker", "docker.io/docker/Docker", "docker.io/docker///docker", "[fc00::1]",
        "[fc00::1]:5000", "fc00::1:5000/debian", "[fe80::1%eth0]:5000/debian", "[2001:db8:3:4::192.0.2.33]:5000/debian",
        "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a", "docker-/docker", "-docker-/docker", "____/____", "_docker/_docker",
        "dock..er/docker", "dock_.er/docker", "dock-.er/docker", "docker/",
        string.Join('_', Enumerable.Repeat("this_is_not_a_valid_namespace", 9)) + "/docker");

    public static TheoryData<string> Shapes => new(
        "/", "//", ":", "@", "a/", "/a", "a//b", "a/b/", "a:", "a:b:c", "a:b:c:d", "a@", "a:tag@", "a@b", "a@@sha256:" + F64, "a@sha256:" + F64 + "@sha256:" + F64,
        "a@sha256:" + F64 + ":tag", "a@sha256:" + F64[1..], "a@sha256:" + F64 + "f", "a@SHA256:" + F64, "a@sha256:F" + F64[1..], "a@md5:" + F64[..32],
        "a@sha512:" + F64, ".", "..", "./a", "../a", "a/./b", "a/../b", "docker.io/../etc/passwd", "docker.io/..", "docker.io/.", "docker.io/", "docker.io//a",
        "localhost/", "localhost:5000/", "x:-tag", "x:.tag", "x:ta+g", "x:ta g", "x:tag/y", "host:5000/x:y:z", "host:port/x", "host:/x", ":5000/x",
        "host:0/x", "host:65536/x", "host:99999/x", "host:123456/x", "host:-1/x", "host:+80/x", "host: 80/x", "host:80:80/x", "host:0x50/x",
        "user@host/x", "user:pass@host/x", "http://host/x", "docker://alpine", "host.com/x?y", "host.com/x#y", "host.com/%61", "a b", "a\tb",
        "a\\b", "a*b", "a!b", "a+b", "a~b", "a,b", "a;b", "a&b", "a=b", "a'b", "a\"b", "a<b", "a|b", "a$b", "a`b", "a(b)", "a{b}");

    public static TheoryData<string> Hosts => new(
        "-host.com/x", "host-.com/x", "host.-com/x", "host.com-/x", ".host.com/x", "host.com./x", "host..com/x", "ho_st.com/x", "ho st.com/x", "a.b_c/x",
        "[]/x", "[:]/x", "[::::]/x", "[1]/x", "[::g]/x", "[::1/x", "::1]/x", "[[::1]]/x", "[::1]x/y", "x[::1]/y", "[::1]:/x", "[::1]:0/x", "[::1]:70000/x",
        "[::1]:80:80/x", "[1:2:3:4:5:6:7:8:9]/x", "[12345::]/x", "[127.0.0.1]/x", "[::ffff:127.0.0.1]/x", "[fe80::1%25eth0]/x", "::1/x", "FOO_BAR/x");

    public static TheoryData<string> Unicode => new(
        "alpine\n", "alpine\r\n", "\nalpine", "alpine:3.20\n", "alpine@sha256:" + F64 + "\n", "host.io/x\n", "host.io\n/x", "host:80\n/x", "alpine\0", "\0", " alpine",
        "alpine ", "\uFEFFalpine", "alpine\u200B", "alp\u00ADine",
        "al\u0440ine",                  // a Cyrillic er
        "\u0430lpine",                  // a Cyrillic a
        "doc\u212Aer",                  // the Kelvin sign, which ignores case with k
        "a\u212A/x", "host\u212A.io/x", "\u017Fcratch", "i\u0307mage", "\u0130mage", "\u0131mage",
        "alpine:\u0663.20",             // an Arabic-Indic three
        "alpine:\uFF13", "alpin\uFF45", "host:\u0665000/x", "host:\uFF15000/x", "[\uFF1A\uFF1A1]/x", "alpine\uFF1Alatest", "docker\uFF0Eio/x", "docker.io\u2215x",
        "docker.io\uFF0Fx", "\U0001F433", "\U0001F433.com/x", "\ud800", "alpine\udc00", "ß", "ﬁle", "e\u0301");

    [Theory]
    [MemberData(nameof(FromDistribution))]
    [MemberData(nameof(Shapes))]
    [MemberData(nameof(Hosts))]
    [MemberData(nameof(Unicode))]
    public void A_text_that_is_no_reference_is_refused(string text)
    {
        Assert.False(ImageReference.TryParse(text, out var reference));
        Assert.Null(reference);
        Assert.False(ImageReference.IsValid(text));
        Assert.Throws<FormatException>(() => ImageReference.Parse(text));
    }

    [Fact]
    public void No_text_is_no_reference() => Assert.False(ImageReference.IsValid(null));

    [Fact]
    public void The_fault_does_not_repeat_the_text()
    {
        var fault = Assert.Throws<FormatException>(() => ImageReference.Parse("user:secret@host/x"));

        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_taken_is_its_own_normal_form() =>
        Gen.Int[0, Pieces.Length - 1].Select(piece => Pieces[piece]).Array[0, 8].Select(string.Concat).Sample(text =>
        {
            if (!ImageReference.TryParse(text, out var reference))
            {
                return true;
            }

            return ImageReference.Parse(reference.Name) == reference
                && reference.Name.All(c => c is > ' ' and < '\u007f')
                && reference.Name.Length <= ImageReference.MaxLength
                && (reference.Tag is not null || reference.Digest is not null)
                && !reference.Path.Split('/').Any(part => part is "" or "." or "..");
        }, iter: 20_000);

    [Fact]
    public void Any_text_is_taken_or_refused_without_a_throw() =>
        Gen.String.Sample(text => !ImageReference.TryParse(text, out var reference) || reference.Name.All(char.IsAscii));

    [Fact]
    public void A_long_text_made_to_backtrack_is_refused() =>
        Assert.All(["a-", "a_", "a.", "a/", "[", ":", "A-", "a--__"], piece =>
            Assert.False(ImageReference.IsValid(string.Concat(Enumerable.Repeat(piece, 500))[..499] + "!")));
}
