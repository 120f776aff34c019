using System.Net;
using System.Security.Cryptography;

namespace Gateway.ContainerdTests.Content;

public sealed class LargeBlobTests
{
    private const int Blocks = 300;

    // Far below the blob, and above what a debug build's compiler takes meanwhile; bench/content.sh measures the figure itself.
    private const long MostAboveIdleBytes = 96L << 20;

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Memory_stays_flat_while_a_large_blob_goes_in_and_out(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var ns = node.Containerd.NewNamespace("large");
        await InAndOutAsync(node, ns.Name, blocks: 3);
        var idle = node.Gateway.MemoryBytes;

        await InAndOutAsync(node, ns.Name, Blocks);

        Assert.InRange(node.Gateway.PeakMemoryBytes - idle, 0, MostAboveIdleBytes);
    }

    private static async Task InAndOutAsync(Node node, string ns, int blocks)
    {
        using var content = new BlockContent(blocks);
        using var put = new HttpRequestMessage(HttpMethod.Put, Blobs.PathOf(ns, content.Digest)) { Content = content };
        using var stored = await node.Api.Http.SendAsync(put);
        Assert.True(stored.StatusCode is HttpStatusCode.Created, await stored.Content.ReadAsStringAsync());

        using var get = await node.Api.Http.GetAsync(Blobs.PathOf(ns, content.Digest), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await get.Content.ReadAsStreamAsync();
        Assert.Equal(content.Digest, "sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(body)));
    }

    /// <summary>So many blocks of 1 MiB, each another, that are never all there at once.</summary>
    private sealed class BlockContent : HttpContent
    {
        private const int BlockBytes = 1 << 20;
        private readonly int blocks;
        private readonly byte[] block = Blobs.Random(BlockBytes, seed: 70);

        public BlockContent(int blocks)
        {
            this.blocks = blocks;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var i = 0; i < blocks; i++)
            {
                hash.AppendData(Block(i));
            }

            Digest = "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        public string Digest { get; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var i = 0; i < blocks; i++)
            {
                await stream.WriteAsync(Block(i));
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = (long)blocks * BlockBytes;
            return true;
        }

        private byte[] Block(int number)
        {
            BitConverter.TryWriteBytes(block, number);
            return block;
        }
    }
}
