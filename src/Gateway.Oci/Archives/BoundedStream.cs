namespace Gateway.Oci.Archives;

/// <summary>Counts the bytes that pass, and refuses those beyond a bound that may grow meanwhile.</summary>
/// <param name="source">Where the bytes come from.</param>
/// <param name="bound">How many may have passed by now.</param>
/// <param name="refusal">What is thrown beyond it.</param>
internal sealed class BoundedStream(Stream source, Func<long> bound, Func<OciException> refusal) : ForwardStream
{
    private byte[] ahead = [];

    /// <summary>Bytes that have passed.</summary>
    public long Count { get; private set; }

    /// <summary>The first bytes, which stay to be read; fewer where the stream is shorter.</summary>
    public async Task<byte[]> PeekAsync(int count, CancellationToken cancel)
    {
        var head = new byte[count];
        var read = await source.ReadAtLeastAsync(head, count, throwOnEndOfStream: false, cancel);
        return ahead = head[..read];
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        if (ahead.Length > 0)
        {
            read = Math.Min(ahead.Length, buffer.Length);
            ahead.AsMemory(0, read).CopyTo(buffer);
            ahead = ahead[read..];
        }
        else
        {
            read = await source.ReadAsync(buffer, cancellationToken);
        }

        Count += read;
        return Count <= bound() ? read : throw refusal();
    }
}
