using System.Runtime.CompilerServices;

namespace Gateway.Oci.Registry;

/// <summary>The body of an answer, read with a bound on silence and on slowness. A reset, a stall or a drip is a transient <see cref="RegistryFault"/>.</summary>
internal sealed class ResponseBody : IDisposable
{
    private readonly HttpResponseMessage answer;
    private readonly Stream stream;
    private readonly TimeSpan idleTimeout;
    private readonly TimeProvider time;
    private readonly LeastRate rate;
    private readonly CancellationTokenSource stalled;

    private ResponseBody(HttpResponseMessage answer, Stream stream, TimeSpan idleTimeout, TimeProvider time)
    {
        (this.answer, this.stream, this.idleTimeout, this.time) = (answer, stream, idleTimeout, time);
        rate = new LeastRate(idleTimeout);
        stalled = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    /// <summary>Takes the answer over; it is disposed with the body.</summary>
    public static async Task<ResponseBody> OfAsync(HttpResponseMessage answer, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancel) =>
        new(answer, await answer.Content.ReadAsStreamAsync(cancel), idleTimeout, time);

    /// <summary>Reads once, straight into the buffer. One source and one timer serve all reads of a body: nothing is allocated per read.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        if (rate.Missed)
        {
            // Told only now: what had come was the reader's, and may have been all it wanted.
            throw new RegistryFault(OciFault.RegistryTimeout, $"the body came too slowly, at less than {LeastRate.BytesPerSecond} bytes a second") { Transient = true };
        }

        using var passedOn = cancel.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), stalled);
        stalled.CancelAfter(idleTimeout);
        try
        {
            var reading = stream.ReadAsync(buffer, stalled.Token);
            var (waits, began) = reading.IsCompleted ? (false, 0) : (true, time.GetTimestamp());
            var read = await reading;
            rate.Add(read, waits ? time.GetElapsedTime(began) : TimeSpan.Zero);
            RegistryTelemetry.BytesReceived.Add(read);
            return read;
        }
        catch (OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            throw new RegistryFault(OciFault.RegistryTimeout, $"no byte came for {idleTimeout.TotalSeconds:0.#} s") { Transient = true };
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            throw new RegistryFault(OciFault.RegistryUnavailable, "the connection broke off", fault) { Transient = true };
        }
        finally
        {
            stalled.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Reads to the end, or to one byte more than <paramref name="max"/>: a longer answer shows as <c>Length &gt; max</c>.</summary>
    public async Task<byte[]> ReadAllAsync(int max, CancellationToken cancel)
    {
        using var collected = new MemoryStream();
        var buffer = new byte[Math.Min(max + 1, 64 * 1024)];
        while (collected.Length <= max)
        {
            var read = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, max + 1 - collected.Length)), cancel);
            if (read is 0)
            {
                break;
            }

            collected.Write(buffer, 0, read);
        }

        return collected.ToArray();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        answer.Dispose();
        stalled.Dispose();
    }
}
