namespace Gateway.Oci.Archives;

/// <summary>An archive's tar, however it was compressed: its first bytes tell. Bounded before and after decompression, and in the ratio of the two.</summary>
internal sealed class ArchiveStream : ForwardStream
{
    private readonly BoundedStream raw;
    private readonly Stream plain;
    private readonly Stream bounded;

    private ArchiveStream(BoundedStream raw, Stream plain, ArchiveLimits limits)
    {
        (this.raw, this.plain) = (raw, plain);
        bounded = plain == raw ? raw : new BoundedStream(
            plain,
            () => Math.Min(limits.MaxBytes, Decompression.MostOf(raw.Count)),
            () => ArchiveFault.TooLarge($"it decompresses to more than {limits.MaxBytes} bytes, or to more than {Decompression.MaxRatio} times what was sent"));
    }

    /// <summary>Bytes of the archive as it was sent that have been read.</summary>
    public long RawBytes => raw.Count;

    public static async Task<ArchiveStream> OpenAsync(Stream source, ArchiveLimits limits, CancellationToken cancel)
    {
        var sent = new BoundedStream(source, () => limits.MaxBytes, () => ArchiveFault.TooLarge($"it is larger than {limits.MaxBytes} bytes"));
        var head = await sent.PeekAsync(LayerTypes.MagicBytes, cancel);
        return new ArchiveStream(sent, Decompression.Open(sent, LayerTypes.CompressionOf(head)), limits);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await bounded.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception broken) when (Decompression.IsBroken(broken))
        {
            throw ArchiveFault.Invalid("it cannot be decompressed: it is damaged, truncated, or asks for too large a window", broken);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && plain != raw)
        {
            plain.Dispose();
        }

        base.Dispose(disposing);
    }
}
