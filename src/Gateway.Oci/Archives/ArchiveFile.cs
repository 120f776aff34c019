using System.Security.Cryptography;

namespace Gateway.Oci.Archives;

/// <summary>A file of an archive while it streams by: to be read to its end, and then it knows its digest.</summary>
public sealed class ArchiveFile : ForwardStream
{
    private readonly TarReader tar;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] head = new byte[LayerTypes.MagicBytes];
    private readonly Inflation inflation;
    private Inflation.Blob? inflating;
    private long read;

    internal ArchiveFile(TarReader tar, string name, long size, Digest? named, Inflation inflation) =>
        (this.tar, Name, Size, Named, this.inflation) = (tar, name, size, named, inflation);

    /// <summary>Its name in the archive, cleaned.</summary>
    public string Name { get; }

    /// <summary>Length in bytes.</summary>
    public long Size { get; }

    /// <summary>The digest its name promises; null where it promises none.</summary>
    public Digest? Named { get; }

    internal BlobCompression Compression => LayerTypes.CompressionOf(head);

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await tar.ReadAsync(buffer, cancellationToken);
        var bytes = buffer[..count];
        hash.AppendData(bytes.Span);
        if (read < head.Length)
        {
            var missing = bytes[..(int)Math.Min(count, head.Length - read)];
            missing.CopyTo(head.AsMemory((int)read));
            bytes = bytes[missing.Length..];
            inflating = read + missing.Length < head.Length ? null : inflation.Follow(Name, Compression);
            await InflateAsync(head, cancellationToken);
        }

        read += count;
        await InflateAsync(bytes, cancellationToken);
        if (read == Size && inflating is not null)
        {
            await inflating.EndAsync();
        }

        return count;
    }

    private Task InflateAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel) => inflating is null || bytes.Length is 0 ? Task.CompletedTask : inflating.AddAsync(bytes, cancel);

    /// <summary>The digest of the bytes; throws where they are not those the name promises. To be called once, after the last byte.</summary>
    public Digest Finish()
    {
        if (read != Size)
        {
            throw new InvalidOperationException($"{read} of {Size} bytes have been read");
        }

        var digest = Digest.FromHash(HashAlgorithmName.SHA256, hash.GetHashAndReset());
        return Named is null || Named == digest ? digest : throw ArchiveFault.Invalid($"'{ArchiveFault.Show(Name)}' holds the bytes of {digest}");
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await (inflating?.AbandonAsync() ?? Task.CompletedTask);
        await base.DisposeAsync();
    }

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        hash.Dispose();
        base.Dispose(disposing);
    }
}
