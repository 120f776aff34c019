using CsCheck;
using Gateway.Oci;

namespace Gateway.Tests.Oci;

public sealed class ChainIdTests
{
    // Witness: sha256sum of "<chain below> <diff id>", computed apart from this code.
    private static readonly Digest A = Digest.Of("a"u8);
    private static readonly Digest B = Digest.Of("b"u8);
    private static readonly Digest C = Digest.Of("c"u8);
    private static readonly Digest Wide = Digest.Parse("sha512:" + new string('0', 128));

    [Fact]
    public void No_layers_have_no_chain() => Assert.Empty(ChainId.Of([]));

    [Fact]
    public void The_lowest_layers_chain_id_is_its_diff_id() => Assert.Equal([A], ChainId.Of([A]));

    [Fact]
    public void Each_chain_id_is_the_hash_of_the_one_below_and_the_diff_id() => Assert.Equal(
        [
            "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
            "sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676", "sha256:2fce7f8ce91bcf0a1428b36e1024639fdbd9469eea762dba98aa749631885106",
        ], ChainId.Of([A, B, C]).Select(id => id.ToString()));

    [Fact]
    public void A_layer_that_stands_twice_has_two_chain_ids() => Assert.Equal(
        ["sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", "sha256:d76fa7fcc3c98373e78d03a76c1447a1bec04bf49a44cb1f098bd84523f8450f"], ChainId.Of([A, A]).Select(id => id.ToString()));

    [Fact]
    public void A_chain_above_a_sha512_layer_is_of_sha256() => Assert.Equal(
        [Wide.ToString(), "sha256:b31a87c5f9265451ae38ec8f56c2fcdbb644f20ec1b7d1aa275f5b4be7c736ff"], ChainId.Of([Wide, A]).Select(id => id.ToString()));

    [Fact]
    public void A_very_long_chain_needs_no_stack()
    {
        var chain = ChainId.Of([.. Enumerable.Repeat(A, 100_000)]);

        Assert.Equal(100_000, chain.Distinct().Count());
    }

    [Fact]
    public void A_chain_begins_with_the_chain_of_fewer_layers() => Gen.Byte.Array.Array[0, 12].Sample(layers =>
    {
        var diffIds = layers.Select(layer => Digest.Of(layer)).ToArray();
        var whole = ChainId.Of(diffIds);
        return whole.Count == diffIds.Length
            && Enumerable.Range(0, diffIds.Length).All(count => ChainId.Of(diffIds[..count]).SequenceEqual(whole.Take(count)));
    });
}
