namespace Gateway.Oci.Archives;

/// <summary>What an entry of a tar archive is. Others (devices, FIFOs, sparse files) are refused.</summary>
internal enum TarEntryKind
{
    File,
    Directory,
    HardLink,
    SymbolicLink,
}

/// <summary>An entry. Its name is only a name: nothing is ever written under it.</summary>
internal sealed record TarEntry(string Name, TarEntryKind Kind, long Size, string LinkName);

/// <summary>Reads a tar archive from front to back. Memory is bounded whatever the archive claims.</summary>
internal sealed class TarReader(Stream source)
{
    /// <summary>An entry has at most one header each for PAX, long name and long link, and perhaps a global one before it.</summary>
    private const int MaxHeadersOfEntry = 5;

    private const int DrainBytes = 64 * 1024;

    private readonly byte[] block = new byte[TarHeader.BlockBytes];
    private long left;
    private int padding;
    private int entries;

    /// <summary>The next entry; null at the end, when the whole source has been read. What was not read of the entry before is skipped.</summary>
    public async Task<TarEntry?> NextAsync(CancellationToken cancel)
    {
        await SkipAsync(left + padding, cancel);
        var (pax, longName, longLink) = (new PaxRecords(null, null, null), (string?)null, (string?)null);
        for (var headers = 1; ; headers++)
        {
            await FillAsync(block, cancel);
            if (!block.AsSpan().ContainsAnyExcept((byte)0))
            {
                await RequireEndAsync(headers, cancel);
                return null;
            }

            var header = TarHeader.Parse(block);
            switch (header.Type)
            {
                case 'x':
                    pax = PaxRecords.Parse(await ExtendedAsync(header, headers, cancel));
                    break;
                case 'g':
                    PaxRecords.RequireHarmless(await ExtendedAsync(header, headers, cancel));
                    break;
                case 'L':
                    longName = TarHeader.Text(await ExtendedAsync(header, headers, cancel));
                    break;
                case 'K':
                    longLink = TarHeader.Text(await ExtendedAsync(header, headers, cancel));
                    break;
                default:
                    return Begin(header, pax.Path ?? longName ?? header.Name, pax.LinkPath ?? longLink ?? header.LinkName, pax.Size ?? header.Size);
            }
        }
    }

    /// <summary>Bytes of the current entry; 0 at its end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        var wanted = buffer[..(int)Math.Min(left, buffer.Length)];
        if (wanted.IsEmpty)
        {
            return 0;
        }

        var read = await source.ReadAsync(wanted, cancel);
        left -= read;
        return read > 0 ? read : throw Truncated();
    }

    private TarEntry Begin(TarHeader header, string name, string linkName, long size)
    {
        var kind = header.Type switch
        {
            '0' or '7' => name.EndsWith('/') ? TarEntryKind.Directory : TarEntryKind.File,
            '1' => TarEntryKind.HardLink,
            '2' => TarEntryKind.SymbolicLink,
            '5' => TarEntryKind.Directory,
            _ => throw ArchiveFault.Invalid($"'{ArchiveFault.Show(name)}' is a device, a FIFO, a sparse file or of another kind that no image archive has"),
        };
        if (++entries > ArchiveLimits.MaxEntries)
        {
            throw ArchiveFault.TooLarge($"it has more than {ArchiveLimits.MaxEntries} entries");
        }

        if (name.Length is 0 or > ArchiveLimits.MaxNameLength || linkName.Length > ArchiveLimits.MaxNameLength)
        {
            throw ArchiveFault.Invalid($"a name in it is empty or longer than {ArchiveLimits.MaxNameLength} characters");
        }

        if (size > 0 && kind is not TarEntryKind.File)
        {
            throw ArchiveFault.Invalid($"'{ArchiveFault.Show(name)}' is no file and yet has a size");
        }

        (left, padding) = (size, TarBlock.Padding(size));
        return new TarEntry(name, kind, size, linkName);
    }

    private async Task<byte[]> ExtendedAsync(TarHeader header, int headers, CancellationToken cancel)
    {
        if (headers >= MaxHeadersOfEntry)
        {
            throw ArchiveFault.Invalid("it has extended headers that belong to no entry");
        }

        if (header.Size > ArchiveLimits.MaxExtendedHeaderBytes)
        {
            throw ArchiveFault.TooLarge($"an extended header in it has more than {ArchiveLimits.MaxExtendedHeaderBytes} bytes");
        }

        var data = new byte[header.Size];
        await FillAsync(data, cancel);
        await SkipAsync(TarBlock.Padding(header.Size), cancel);
        return data;
    }

    // After the end only zeros may come: what one reader passes over, another might take for a second archive.
    private async Task RequireEndAsync(int headers, CancellationToken cancel)
    {
        if (headers > 1)
        {
            throw ArchiveFault.Invalid("it ends after an extended header");
        }

        var rest = new byte[DrainBytes];
        int read;
        while ((read = await source.ReadAsync(rest, cancel)) > 0)
        {
            if (rest.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                throw ArchiveFault.Invalid("it goes on after its end");
            }
        }
    }

    private async Task SkipAsync(long bytes, CancellationToken cancel)
    {
        var rest = bytes > 0 ? new byte[Math.Min(bytes, DrainBytes)] : [];
        while (bytes > 0)
        {
            var part = rest.AsMemory(0, (int)Math.Min(bytes, rest.Length));
            await FillAsync(part, cancel);
            bytes -= part.Length;
        }

        (left, padding) = (0, 0);
    }

    private async Task FillAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        if (await source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel) < buffer.Length)
        {
            throw Truncated();
        }
    }

    private static OciException Truncated() => ArchiveFault.Invalid("it is truncated");
}
