using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using Gateway.Oci;

namespace Gateway.Tests.Oci;

public sealed class DigestTests
{
    private const string EmptySha256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string EmptySha512 = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

    public static TheoryData<string> NotDigests => new(
        "", ":", "sha256", "sha256:", "sha512:", "a:b", " ",
        EmptySha256[..^1], EmptySha256 + "0", EmptySha512[..^1], EmptySha512 + "0",
        EmptySha256.ToUpperInvariant(), "SHA256:" + EmptySha256[7..], "sha256:" + EmptySha256[7..].ToUpperInvariant(),
        "sha256:E" + EmptySha256[8..], "sha256:g" + EmptySha256[8..],
        " " + EmptySha256, EmptySha256 + " ", EmptySha256 + "\n", EmptySha256 + "\r\n", EmptySha256 + "\0", EmptySha256[..^1] + "\n",
        "sha256 " + EmptySha256[7..], "sha256::" + EmptySha256[8..], "sha256-" + EmptySha256[7..], "sha-256:" + EmptySha256[7..],
        "sha512:" + EmptySha256[7..], "sha256:" + EmptySha512[7..],
        "sha384:" + new string('a', 96), "sha1:" + new string('a', 40), "md5:" + new string('a', 32), "blake3:" + new string('a', 64),
        "sha256+b64u:" + new string('a', 64), EmptySha256[7..], "@" + EmptySha256,
        "sha256:../../../etc/passwd", "sha256:" + "../".PadRight(64, 'a'), "../sha256:" + new string('a', 64), "sha256:" + "/".PadRight(64, 'a'),
        "sha256:" + new string('\u0661', 64),           // Arabic-Indic digits
        "sha256:" + new string('\uFF11', 64),           // full-width digits
        "sha256:\u0430" + new string('a', 63),          // a Cyrillic a
        "\u017Fha256:" + new string('a', 64),           // the long s, which case folding takes for s
        "sha256\uFF1A" + new string('a', 64),           // a full-width colon
        "sha256:" + new string('a', 62) + "\U0001D7D8"); // a mathematical digit, two UTF-16 units

    [Theory]
    [MemberData(nameof(NotDigests))]
    public void A_text_that_is_no_digest_is_refused(string text)
    {
        Assert.False(Digest.TryParse(text, out var digest));
        Assert.Equal(default, digest);
        Assert.Throws<FormatException>(() => Digest.Parse(text));
    }

    [Theory]
    [InlineData(EmptySha256, "sha256", 64)]
    [InlineData(EmptySha512, "sha512", 128)]
    public void A_digest_has_an_algorithm_and_hex(string text, string algorithm, int hexLength)
    {
        var digest = Digest.Parse(text);

        Assert.Equal(algorithm, digest.Algorithm);
        Assert.Equal(hexLength, digest.Hex.Length);
        Assert.Equal(text, $"{digest.Algorithm}:{digest.Hex}");
        Assert.Equal(text, digest.ToString());
    }

    [Fact]
    public void No_text_is_no_digest() => Assert.False(Digest.TryParse(null, out _));

    [Fact]
    public void A_default_digest_is_not_written_anywhere()
    {
        Assert.Throws<InvalidOperationException>(() => default(Digest).ToString());
        Assert.Throws<InvalidOperationException>(() => JsonSerializer.Serialize(default(Digest)));
        Assert.Throws<InvalidOperationException>(() => default(Digest).Matches(new byte[32]));
    }

    [Theory]
    [InlineData("", EmptySha256)]
    [InlineData("abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]   // FIPS 180-2, appendix B.1
    public void The_digest_of_bytes_is_their_sha256(string text, string expected) =>
        Assert.Equal(expected, Digest.Of(Encoding.ASCII.GetBytes(text)).ToString());

    [Theory]
    [InlineData(EmptySha256)]
    [InlineData(EmptySha512)]
    public void A_digest_is_matched_by_its_own_finished_hash_only(string text)
    {
        var digest = Digest.Parse(text);
        using var same = digest.CreateHash();
        using var other = digest.CreateHash();
        other.AppendData([0]);

        Assert.True(digest.Matches(same.GetHashAndReset()));
        Assert.False(digest.Matches(other.GetHashAndReset()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4096)]
    public void A_hash_of_another_length_does_not_match(int length) => Assert.False(Digest.Parse(EmptySha256).Matches(new byte[length]));

    [Fact]
    public void A_finished_hash_becomes_a_digest_of_its_algorithm()
    {
        Assert.Equal(EmptySha256, Digest.FromHash(HashAlgorithmName.SHA256, SHA256.HashData([])).ToString());
        Assert.Equal(EmptySha512, Digest.FromHash(HashAlgorithmName.SHA512, SHA512.HashData([])).ToString());
    }

    [Theory]
    [InlineData("SHA256", 64)]
    [InlineData("SHA512", 32)]
    [InlineData("SHA256", 0)]
    [InlineData("SHA384", 48)]
    [InlineData("SHA1", 20)]
    [InlineData("MD5", 16)]
    public void A_hash_that_makes_no_digest_is_refused(string algorithm, int length) =>
        Assert.Throws<ArgumentException>(() => Digest.FromHash(new HashAlgorithmName(algorithm), new byte[length]));

    [Fact]
    public void Digests_are_equal_by_value_and_serve_as_keys()
    {
        var set = new HashSet<Digest> { Digest.Parse(EmptySha256), Digest.Of([]), Digest.Parse(EmptySha512) };

        Assert.Equal(2, set.Count);
        Assert.True(Digest.Parse(EmptySha256) == Digest.Of([]));
    }

    [Fact]
    public void Json_holds_digests_as_texts_and_as_names()
    {
        var map = new Dictionary<Digest, Digest?> { [Digest.Parse(EmptySha256)] = Digest.Parse(EmptySha512), [Digest.Parse(EmptySha512)] = null };

        var json = JsonSerializer.Serialize(map);
        var read = JsonSerializer.Deserialize<Dictionary<Digest, Digest?>>(json);

        Assert.Equal($$"""{"{{EmptySha256}}":"{{EmptySha512}}","{{EmptySha512}}":null}""", json);
        Assert.Equal(map, read);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("\"\"")]
    [InlineData("\"sha256:abc\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"sha256:\\u0000\"")]
    public void Json_that_holds_no_digest_is_malformed(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>(json));

    [Theory]
    [InlineData("{\"\":1}")]
    [InlineData("{\"sha256:abc\":1}")]
    public void Json_names_that_are_no_digests_are_malformed(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Dictionary<Digest, int>>(json));

    [Fact]
    public void Any_bytes_have_a_digest_that_survives_print_and_parse() => Gen.Byte.Array.Sample(bytes =>
    {
        var digest = Digest.Of(bytes);
        return Digest.Parse(digest.ToString()) == digest && digest.Matches(SHA256.HashData(bytes)) && !digest.Matches(SHA512.HashData(bytes));
    });

    [Fact]
    public void Any_text_is_a_digest_or_is_refused_without_a_throw() => Gen.String.Sample(text =>
        !Digest.TryParse(text, out _) && !Digest.TryParse("sha256:" + text, out _));
}
