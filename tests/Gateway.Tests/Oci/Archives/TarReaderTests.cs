using System.Buffers.Binary;
using System.Text;
using Gateway.Oci;
using Gateway.Oci.Archives;

namespace Gateway.Tests.Oci.Archives;

/// <summary>Headers made by hand, byte by byte.</summary>
public sealed class TarReaderTests
{
    [Theory]
    [InlineData("27 path=a/very/long/name\n", "a/very/long/name")]
    [InlineData("12 path=one\n12 path=two\n", "two")]
    [InlineData("14 comment=hi\n", "short")]
    [InlineData("19 mtime=1234.5678\n", "short")]
    public async Task Extended_header_gives_the_next_entry_its_name(string records, string name)
    {
        records = Fixed(records);
        var tar = await ReadAsync(Entry('x', "pax", Encoding.UTF8.GetBytes(records)), Entry('0', "short", "data"u8.ToArray()));
        Assert.Equal((name, 4L), (tar.Single().Name, tar.Single().Size));
    }

    [Fact]
    public async Task Long_names_of_gnu_tar_are_taken_for_one_entry()
    {
        var tar = await ReadAsync(
            Entry('L', "././@LongLink", [.. Encoding.UTF8.GetBytes(new string('n', 200)), 0]), Entry('K', "././@LongLink", [.. "target"u8, 0]), Entry('2', "cut", []),
            Entry('0', "next", []));
        Assert.Equal([(new string('n', 200), "target"), ("next", "")], tar.Select(entry => (entry.Name, entry.LinkName)));
    }

    [Fact]
    public async Task Size_in_base_256_is_read()
    {
        var header = Header('0', "big", 0);
        header.AsSpan(124, 12).Clear();
        header[124] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), 3);
        var tar = await ReadAsync([.. Summed(header), .. "abc"u8, .. new byte[509]]);
        Assert.Equal(3, tar.Single().Size);
    }

    [Theory]
    [InlineData("5 path=x\n")]
    [InlineData("99 path=x\n")]
    [InlineData("0 path=x\n")]
    [InlineData("-9 path=x\n")]
    [InlineData("99999999999999999999 path=x\n")]
    [InlineData("path=x\n")]
    [InlineData("9 path=x ")]
    [InlineData("9 pathxx\n")]
    [InlineData("6 =x\n\n")]
    [InlineData("12 path=a\0b\n")]
    [InlineData("11 size=-1\n")]
    [InlineData("11 size=1x\n")]
    [InlineData("29 size=99999999999999999999\n")]
    [InlineData("22 GNU.sparse.major=1\n")]
    [InlineData(" ")]
    public async Task Malformed_extended_header_is_refused(string records) =>
        await RefusedAsync(OciFault.ArchiveInvalid, Entry('x', "pax", Encoding.UTF8.GetBytes(records)), Entry('0', "next", []));

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    [InlineData('K')]
    public async Task Extended_header_over_its_bound_is_refused_before_it_is_read(char type)
    {
        await RefusedAsync(OciFault.ArchiveTooLarge, Summed(Header(type, "bomb", 65_537)));
        await RefusedAsync(OciFault.ArchiveTooLarge, Summed(Header(type, "bomb", 1L << 32)));
    }

    [Fact]
    public async Task Global_header_may_comment_but_not_rename()
    {
        Assert.Single(await ReadAsync(Entry('g', "global", Encoding.UTF8.GetBytes(Fixed("14 comment=hi\n"))), Entry('0', "file", [])));
        await RefusedAsync(OciFault.ArchiveInvalid, Entry('g', "global", Encoding.UTF8.GetBytes(Fixed("12 path=all\n"))), Entry('0', "file", []));
    }

    [Fact]
    public async Task Extended_headers_without_an_entry_are_refused()
    {
        var pax = Entry('x', "pax", Encoding.UTF8.GetBytes(Fixed("12 path=one\n")));
        await RefusedAsync(OciFault.ArchiveInvalid, pax);
        await RefusedAsync(OciFault.ArchiveInvalid, Enumerable.Repeat(pax, 6).Append(Entry('0', "file", [])).ToArray());
    }

    [Theory]
    [InlineData('3')]
    [InlineData('4')]
    [InlineData('6')]
    [InlineData('S')]
    [InlineData('M')]
    [InlineData('V')]
    [InlineData('D')]
    [InlineData('Z')]
    public async Task Other_kinds_of_entries_are_refused(char type) => await RefusedAsync(OciFault.ArchiveInvalid, Entry(type, "thing", []));

    [Theory]
    [InlineData(124, "00000000008\0")]
    [InlineData(124, "0000000001x\0")]
    [InlineData(124, "-0000000001\0")]
    [InlineData(0, "\0")]
    [InlineData(0, "\u00ff\u00fe")]
    public async Task Header_with_a_bad_field_is_refused(int at, string field)
    {
        var header = Header('0', "file", 0);
        Encoding.Latin1.GetBytes(field, header.AsSpan(at));
        await RefusedAsync(OciFault.ArchiveInvalid, Summed(header));
    }

    [Theory]
    [InlineData(0xff)]
    [InlineData(0xc0)]
    [InlineData(0x8f)]
    public async Task Negative_or_endless_size_is_refused(byte first)
    {
        var header = Header('0', "file", 0);
        header.AsSpan(124, 12).Fill(0xff);
        header[124] = first;
        await RefusedAsync(OciFault.ArchiveInvalid, Summed(header));
    }

    [Fact]
    public async Task Wrong_checksum_is_refused_and_one_of_signed_bytes_taken()
    {
        var header = Summed(Header('0', "file", 0));
        header[0]++;
        await RefusedAsync(OciFault.ArchiveInvalid, header);

        var named = Header('0', "é", 0);
        Assert.Equal("é", (await ReadAsync(Summed(named, signed: true))).Single().Name);
    }

    [Theory]
    [InlineData('1')]
    [InlineData('2')]
    [InlineData('5')]
    public async Task Entry_that_is_no_file_has_no_size(char type) => await RefusedAsync(OciFault.ArchiveInvalid, Entry(type, "thing", new byte[512]));

    [Fact]
    public async Task Lone_block_of_zeros_before_more_is_refused() =>
        await RefusedAsync(OciFault.ArchiveInvalid, Entry('0', "a", []), new byte[512], Entry('0', "b", []));

    private static async Task<IReadOnlyList<TarEntry>> ReadAsync(params byte[][] blocks)
    {
        var tar = new TarReader(new MemoryStream([.. blocks.SelectMany(block => block), .. new byte[1024]]));
        var entries = new List<TarEntry>();
        while (await tar.NextAsync(TestContext.Current.CancellationToken) is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static async Task RefusedAsync(OciFault fault, params byte[][] blocks) =>
        Assert.Equal(fault, (await Assert.ThrowsAsync<OciException>(() => ReadAsync(blocks))).Fault);

    private static byte[] Entry(char type, string name, byte[] data) =>
        [.. Summed(Header(type, name, data.Length)), .. data, .. new byte[(512 - (data.Length % 512)) % 512]];

    private static byte[] Header(char type, string name, long size)
    {
        var header = new byte[512];
        Encoding.UTF8.GetBytes(name, header);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0'), header.AsSpan(124));
        header[156] = (byte)type;
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        return header;
    }

    private static byte[] Summed(byte[] header, bool signed = false)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = header.Sum(value => signed ? (sbyte)value : value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", header.AsSpan(148));
        return header;
    }

    // The length a record begins with counts the whole record; written once by hand in the data, and here for what must be right.
    private static string Fixed(string records) => string.Concat(records.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(record =>
    {
        var rest = " " + record.Split(' ', 2)[1] + "\n";
        return $"{rest.Length + (rest.Length + 2 > 99 ? 3 : rest.Length + 1 > 9 ? 2 : 1)}{rest}";
    }));
}
