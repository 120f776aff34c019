using System.Buffers.Text;

namespace Gateway.Oci.Archives;

/// <summary>The records of an extended header that change what the next entry is.</summary>
/// <remarks>POSIX.1-2017, pax, "pax Extended Header": <c>length SP key=value LF</c>, the length counting the whole record.</remarks>
internal sealed record PaxRecords(string? Path, string? LinkPath, long? Size)
{
    public static PaxRecords Parse(ReadOnlySpan<byte> data)
    {
        var records = new PaxRecords(null, null, null);
        while (!data.IsEmpty)
        {
            var record = Next(ref data);
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw Malformed();
            }

            records = records.With(record[..equals], record[(equals + 1)..]);
        }

        return records;
    }

    /// <summary>A global header may say what it likes but for the things that would change every entry.</summary>
    public static void RequireHarmless(ReadOnlySpan<byte> data)
    {
        if (Parse(data) is not { Path: null, LinkPath: null, Size: null })
        {
            throw ArchiveFault.Invalid("a global header names a path or a size");
        }
    }

    private PaxRecords With(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        key.StartsWith("GNU.sparse."u8) ? throw ArchiveFault.Invalid("it holds a sparse file")
        : key.SequenceEqual("path"u8) ? this with { Path = Name(value) }
        : key.SequenceEqual("linkpath"u8) ? this with { LinkPath = Name(value) }
        : key.SequenceEqual("size"u8) ? this with { Size = Decimal(value) }
        : this;

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> data)
    {
        var blank = data.IndexOf((byte)' ');
        if (blank <= 0 || Decimal(data[..blank]) is var length && (length <= blank + 1 || length > data.Length || data[(int)length - 1] is not (byte)'\n'))
        {
            throw Malformed();
        }

        var record = data[(blank + 1)..((int)length - 1)];
        data = data[(int)length..];
        return record;
    }

    private static string Name(ReadOnlySpan<byte> value) => value.Contains((byte)0) ? throw Malformed() : TarHeader.Text(value);

    private static long Decimal(ReadOnlySpan<byte> digits) =>
        !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && Utf8Parser.TryParse(digits, out long value, out var used) && used == digits.Length
            ? value
            : throw Malformed();

    private static OciException Malformed() => ArchiveFault.Invalid("an extended header in it is malformed");
}
