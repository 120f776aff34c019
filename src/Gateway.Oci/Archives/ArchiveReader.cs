namespace Gateway.Oci.Archives;

/// <summary>Reads an image archive from front to back, once. Nothing is kept of it but names, digests and the few documents at its root.</summary>
public static class ArchiveReader
{
    /// <param name="source">The archive, plain or compressed.</param>
    /// <param name="limits">What it may have at most.</param>
    /// <param name="store">Reads a file to its end and keeps it under its digest.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <remarks>Throws <see cref="OciFault.ArchiveInvalid"/>, <see cref="OciFault.ArchiveTooLarge"/>, and what the source and the store throw.</remarks>
    public static async Task<ArchiveContents> ReadAsync(
        Stream source, ArchiveLimits limits, Func<ArchiveFile, CancellationToken, Task<Digest>> store, CancellationToken cancel)
    {
        await using var plain = await ArchiveStream.OpenAsync(source, limits, cancel);
        var tar = new TarReader(plain);
        var inflation = new Inflation();
        var contents = new ArchiveContents();
        while (await tar.NextAsync(cancel) is { } entry)
        {
            var name = ArchivePath.Clean(entry.Name);
            switch (entry.Kind)
            {
                case TarEntryKind.HardLink or TarEntryKind.SymbolicLink:
                    AddLink(contents, name, entry);
                    break;
                case TarEntryKind.File when ArchiveContents.IsDocument(name):
                    contents.AddDocument(name, await ReadDocumentAsync(tar, name, entry.Size, cancel));
                    break;
                case TarEntryKind.File when !ArchivePath.IsObsolete(name):
                    await AddFileAsync(contents, new ArchiveFile(tar, name, entry.Size, ArchivePath.Promised(name), inflation), store, cancel);
                    break;
            }
        }

        contents.RawBytes = plain.RawBytes;
        return contents;
    }

    private static async Task AddFileAsync(
        ArchiveContents contents, ArchiveFile file, Func<ArchiveFile, CancellationToken, Task<Digest>> store, CancellationToken cancel)
    {
        await using (file)
        {
            // An empty file is no blob of an image; containerd takes none of size 0.
            var digest = file.Size is 0 ? file.Finish() : await store(file, cancel);
            contents.Add(file.Name, new ArchivedBlob(digest, file.Size, file.Compression));
        }
    }

    private static void AddLink(ArchiveContents contents, string name, TarEntry entry) => contents.AddLink(
        name,
        ArchivePath.Target(name, entry.LinkName, isSymbolic: entry.Kind is TarEntryKind.SymbolicLink)
            ?? throw ArchiveFault.Invalid($"link '{ArchiveFault.Show(name)}' leads out of it"));

    private static async Task<byte[]> ReadDocumentAsync(TarReader tar, string name, long size, CancellationToken cancel)
    {
        if (size > DocumentLimits.MaxBytes)
        {
            throw ArchiveFault.TooLarge($"{name} has {size} bytes; at most {DocumentLimits.MaxBytes} are accepted");
        }

        var bytes = new byte[size];
        for (var read = 0; read < bytes.Length;)
        {
            read += await tar.ReadAsync(bytes.AsMemory(read), cancel);
        }

        return bytes;
    }
}
