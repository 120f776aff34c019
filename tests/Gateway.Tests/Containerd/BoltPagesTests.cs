using System.Buffers.Binary;
using Gateway.Containerd.Freshness;

namespace Gateway.Tests.Containerd;

public sealed class BoltPagesTests : IDisposable
{
    private const int PageBytes = 4096;
    private readonly string path = Path.GetTempFileName();

    [Theory]
    [InlineData(2UL, 3UL, 3UL)]
    [InlineData(4UL, 3UL, 4UL)]
    public void Last_transaction_is_the_higher_of_the_two_pages(ulong first, ulong second, ulong last)
    {
        Write(Meta(first), Meta(second));
        Assert.Equal(last, Last());
    }

    [Fact]
    public void Page_that_is_half_written_proves_nothing()
    {
        var torn = Meta(5);
        torn[48]++;
        Write(Meta(4), torn);
        Assert.Null(Last());
    }

    [Fact]
    public void File_of_another_kind_proves_nothing()
    {
        File.WriteAllText(path, "no database");
        Assert.Null(Last());
        Write(new byte[BoltPages.MetaBytes], new byte[BoltPages.MetaBytes]);
        Assert.Null(Last());
    }

    [Fact]
    public void Page_size_of_a_damaged_page_is_not_followed()
    {
        var odd = Meta(4);
        BinaryPrimitives.WriteUInt32LittleEndian(odd.AsSpan(8), uint.MaxValue);
        BinaryPrimitives.WriteUInt64LittleEndian(odd.AsSpan(56), BoltPages.Checksum(odd.AsSpan(0, 56)));
        Write(odd, Meta(5));
        Assert.Null(Last());
    }

    [Fact]
    public void Checksum_is_fnv_1a() => Assert.Equal(0xAF63DC4C8601EC8CUL, BoltPages.Checksum("a"u8));

    public void Dispose() => File.Delete(path);

    private static byte[] Meta(ulong transaction)
    {
        var meta = new byte[BoltPages.MetaBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(meta, 0xED0CDAED);
        BinaryPrimitives.WriteUInt32LittleEndian(meta.AsSpan(4), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(meta.AsSpan(8), PageBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(meta.AsSpan(48), transaction);
        BinaryPrimitives.WriteUInt64LittleEndian(meta.AsSpan(56), BoltPages.Checksum(meta.AsSpan(0, 56)));
        return meta;
    }

    private void Write(byte[] first, byte[] second)
    {
        var file = new byte[2 * PageBytes];
        first.CopyTo(file, 16);
        second.CopyTo(file, PageBytes + 16);
        File.WriteAllBytes(path, file);
    }

    private ulong? Last()
    {
        using var handle = File.OpenHandle(path);
        return BoltPages.LastTransaction(handle);
    }
}
