using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Jobs;

/// <summary>
/// An open answer that a job's events are written to. Where the reader takes nothing for too long it is cut off with a <see cref="TimeoutException"/>: it
/// would hold its place and its buffers as long as the job goes on.
/// </summary>
internal sealed class EventStream(HttpContext http, TimeProvider time)
{
    /// <summary>How long a reader may take nothing of what is sent.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Handed over at once, in bytes. However large a state is, a reader costs the connection's buffer and this; and each piece has its own patience.</summary>
    private const int PieceBytes = 16 * 1024;

    /// <summary>Sends the headers at once: the client knows that it is connected before the first event comes.</summary>
    public async Task BeginAsync(string contentType, CancellationToken cancel)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // The server's own least rate would end a slow reader sooner, and say nothing.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        http.Response.ContentType = contentType;
        http.Response.Headers.CacheControl = "no-store";

        // nginx would collect a stream before it passes it on.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await http.Response.StartAsync(cancel);
        await TakenAsync(http.Response.Body.FlushAsync(cancel));
    }

    public async Task SendAsync(ReadOnlyMemory<byte> text, CancellationToken cancel)
    {
        for (var sent = 0; sent < text.Length; sent += PieceBytes)
        {
            var write = http.Response.Body.WriteAsync(text.Slice(sent, Math.Min(PieceBytes, text.Length - sent)), cancel);
            if (!write.IsCompletedSuccessfully)
            {
                await TakenAsync(write.AsTask());
            }
        }

        await TakenAsync(http.Response.Body.FlushAsync(cancel));
    }

    private async Task TakenAsync(Task write)
    {
        try
        {
            await write.WaitAsync(Patience, time, CancellationToken.None); // the write is canceled by itself
        }
        catch (TimeoutException)
        {
            http.Abort();
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }
}
