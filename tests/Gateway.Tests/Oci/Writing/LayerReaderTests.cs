using System.IO.Compression;
using Gateway.Oci;
using Gateway.Oci.Writing;
using Compression = Gateway.TestKit.Compression;
using Layer = Gateway.TestKit.Layer;

namespace Gateway.Tests.Oci.Writing;

public sealed class LayerReaderTests
{
    /// <summary>What is no layer, and a word of the refusal.</summary>
    public static TheoryData<string, Func<byte[]>, string> Refused => new()
    {
        { "text", () => [.. Enumerable.Repeat((byte)'x', 2048)], "no tar" },
        { "shorter than a block", () => new byte[511], "no tar" },
        { "text in gzip", () => Gzip([.. Enumerable.Repeat((byte)'x', 2048)]), "no tar" },
        { "nothing in gzip", () => Gzip([]), "empty" },
        { "gzip cut off", () => Layer.Random(100_000, 1).Bytes[..50_000], "damaged" },
        { "gzip with a flipped bit", () => Flipped(Layer.Random(100_000, 1).Bytes), "damaged" },
        { "zstd cut off", () => Layer.Random(400_000, 1, Compression.Zstd).Bytes[..150_000], "damaged" },
        { "a bomb in gzip", () => Gzip(new byte[200 << 20]), "200 times" },
        { "a bomb in zstd", () => Layer.Of(Compression.Zstd, new byte[100 << 20]).Bytes, "200 times" },
    };

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public async Task Diff_id_is_the_digest_of_the_tar(Compression compression)
    {
        var layer = Layer.Random(1_000_000, 7, compression);
        Assert.Equal(layer.DiffId, (await ReadAsync(layer.Bytes)).ToString());
    }

    [Fact]
    public async Task Compressed_parts_that_follow_each_other_are_one_layer()
    {
        var tar = Layer.Random(10_000, 7, Compression.None);
        Assert.Equal(tar.DiffId, (await ReadAsync([.. Gzip(tar.Bytes[..700]), .. Gzip(tar.Bytes[700..])])).ToString());
    }

    [Fact]
    public async Task Empty_tar_has_the_diff_id_that_stands_for_no_change()
    {
        var diffId = await ReadAsync(Layer.Of(Compression.Gzip).Bytes);
        Assert.Equal(LayerReader.EmptyDiffId, diffId);
        Assert.Equal("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef", diffId.ToString());
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_is_no_layer_is_refused(string what, Func<byte[]> bytes, string word)
    {
        var refused = await Assert.ThrowsAsync<OciException>(() => ReadAsync(bytes()));
        Assert.Equal(OciFault.LayerInvalid, refused.Fault);
        Assert.True(refused.Message.Contains(word, StringComparison.Ordinal), $"{what}: {refused.Message}");
    }

    private static Task<Digest> ReadAsync(byte[] bytes)
    {
        var descriptor = new Descriptor { MediaType = "layer", Digest = Digest.Of(bytes), Size = bytes.Length };
        return LayerReader.DiffIdAsync(new MemoryStream(bytes), descriptor, LayerTypes.CompressionOf(bytes), TestContext.Current.CancellationToken);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    private static byte[] Flipped(byte[] bytes)
    {
        var flipped = bytes.ToArray();
        flipped[^10] ^= 0xff;
        return flipped;
    }
}
