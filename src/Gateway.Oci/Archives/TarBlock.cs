using System.Text;

namespace Gateway.Oci.Archives;

/// <summary>Writes header blocks: always the same bytes for the same entry, whoever writes it and when.</summary>
internal static class TarBlock
{
    // 11 octal digits: 8 GiB.
    private const long FirstTooLarge = 1L << 33;

    /// <summary>A file's header: owner root, mode 0444, time 0. The name has at most 100 characters of ASCII.</summary>
    public static byte[] File(string name, long size) => Header(name, size, '0', "0000444");

    /// <summary>A folder's header; its name ends in a slash.</summary>
    public static byte[] Folder(string name) => Header(name, 0, '5', "0000755");

    /// <summary>Zeros that fill a file up to a whole block.</summary>
    public static int Padding(long size) => (int)(-size & (TarHeader.BlockBytes - 1));

    // ustar: name 0, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148 (summed as blanks), type 156, magic 257.
    private static byte[] Header(string name, long size, char type, string mode)
    {
        var block = new byte[TarHeader.BlockBytes];
        Put(0, name);
        Put(100, mode);
        Put(108, "0000000");
        Put(116, "0000000");
        PutSize(block.AsSpan(124, 12), size);
        Put(136, "00000000000");
        Put(148, "        ");
        block[156] = (byte)type;
        Put(257, "ustar\0" + "00");
        Put(148, Convert.ToString(block.Sum(value => value), 8).PadLeft(6, '0') + "\0");
        return block;

        void Put(int at, string text) => Encoding.ASCII.GetBytes(text, block.AsSpan(at));
    }

    // Beyond 8 GiB in base 256, as GNU tar began and every reader of today understands.
    private static void PutSize(Span<byte> field, long size)
    {
        if (size < FirstTooLarge)
        {
            Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0'), field);
            return;
        }

        field[0] = 0x80;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(field[4..], size);
    }
}
