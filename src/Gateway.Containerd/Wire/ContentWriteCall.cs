using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Threading.Channels;
using Gateway.Containerd.Services.Content;
using Google.Protobuf;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace Gateway.Containerd.Wire;

/// <summary>
/// One call of <c>Content.Write</c>, on an HTTP/2 connection of its own. This is the one call that carries layers, and with grpc-dotnet it costs more than
/// all other work on them: HttpClient hands each 16 KiB frame over between threads and to the system one by one. Here the frames of a write go out together,
/// straight from the caller's buffer.
/// </summary>
/// <remarks>
/// Wire: RFC 9113 (HTTP/2 with prior knowledge), RFC 7541 (HPACK, no dynamic table), gRPC over HTTP/2. No message is compressed; the daemon sends none so unless
/// asked. Anything unexpected ends the call as UNAVAILABLE, which is tried again.
/// </remarks>
internal sealed class ContentWriteCall : IDisposable
{
    private const string Service = "containerd.services.content.v1.Content";
    private const int StreamId = 1;

    /// <summary>Longest header block; the daemon's are some hundred bytes.</summary>
    private const int MaxBlockBytes = 64 * 1024;

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);
    private static readonly ActivitySource Traces = new("Gateway.Containerd");
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly FrameSocket frames;
    private readonly Activity? span;
    private readonly SendWindow window = new();
    private readonly Channel<WriteContentResponse> answers = Channel.CreateUnbounded<WriteContentResponse>(new() { SingleWriter = true });
    private readonly IncomingMessages messages = new();

    private ContentWriteCall(FrameSocket frames, Activity? span) => (this.frames, this.span) = (frames, span);

    /// <summary>Connects and opens the call. The daemon answers only what is then sent.</summary>
    public static async Task<ContentWriteCall> OpenAsync(string socketPath, string containerdNamespace, string? leaseId, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        ContentWriteCall? call = null;
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancel);
            call = new ContentWriteCall(new FrameSocket(socket), Traces.StartActivity($"{Service}/Write", ActivityKind.Client));
            await call.BeginAsync(HeadersOf(containerdNamespace, leaseId));
            _ = call.ReceiveAsync();
            return call;
        }
        catch (SocketException unreachable)
        {
            call?.Dispose();
            socket.Dispose();
            throw Failed(StatusCode.Unavailable, "containerd cannot be reached", unreachable);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a message. When the task has ended, in whatever way, the data's memory is free again.</summary>
    public async Task WriteAsync(WriteContentRequest request, CancellationToken cancel)
    {
        var sending = SendAsync(request);
        try
        {
            await sending.WaitAsync(cancel);
        }
        catch (OperationCanceledException) when (!sending.IsCompleted)
        {
            // The rest goes out if the daemon takes it at once, so that the stream stays whole; else the connection ends.
            await ((Task)sending).WaitAsync(FlushLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!sending.IsCompleted)
            {
                Dispose();
                await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            throw;
        }
    }

    /// <summary>The next answer, or null when the daemon has ended the call well; throws <see cref="RpcException"/> when not.</summary>
    public async Task<WriteContentResponse?> ReadAsync(CancellationToken cancel) =>
        await answers.Reader.WaitToReadAsync(cancel) && answers.Reader.TryRead(out var next) ? next : null;

    /// <summary>Says that no more comes.</summary>
    public async Task CompleteAsync()
    {
        try
        {
            await frames.SendAsync(FrameType.Data, FrameFlags.EndStreamOrAck, StreamId, []);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            throw Failed(StatusCode.Unavailable, "containerd ended the call", broken);
        }
    }

    /// <summary>Ends the call, and the connection with it.</summary>
    public void Dispose()
    {
        frames.Dispose();
        span?.Dispose();
    }

    private static Dictionary<string, string> HeadersOf(string containerdNamespace, string? leaseId)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["content-type"] = "application/grpc",
            ["te"] = "trailers",
            [CallRules.NamespaceHeader] = containerdNamespace,
        };
        if (leaseId is not null)
        {
            headers[CallRules.LeaseHeader] = leaseId;
        }

        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent })
        {
            headers["traceparent"] = traceParent;
        }

        return headers;
    }

    private Task BeginAsync(Dictionary<string, string> headers)
    {
        var block = HeaderBlock.Encode($"/{Service}/Write", headers);
        var opening = new byte[Preface.Length + FrameSocket.HeaderBytes + 6 + FrameSocket.HeaderBytes + block.Length];
        Preface.CopyTo(opening, 0);
        var at = opening.AsSpan(Preface.Length);
        FrameSocket.WriteHeader(at, 6, FrameType.Settings, FrameFlags.None, 0);
        at[FrameSocket.HeaderBytes + 1] = 1; // SETTINGS_HEADER_TABLE_SIZE = 0
        at = at[(FrameSocket.HeaderBytes + 6)..];
        FrameSocket.WriteHeader(at, block.Length, FrameType.Headers, FrameFlags.EndHeaders, StreamId);
        block.CopyTo(at[FrameSocket.HeaderBytes..]);
        return frames.SendAsync([new ArraySegment<byte>(opening)]);
    }

    private async Task SendAsync(WriteContentRequest request)
    {
        var message = new OutgoingMessage(request);
        try
        {
            for (var sent = 0; sent < message.Length;)
            {
                var granted = await window.TakeAsync(Math.Min(OutgoingMessage.BurstBytes, message.Length - sent));
                await frames.SendAsync(message.Frames(sent, granted, StreamId));
                sent += granted;
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            throw Failed(StatusCode.Unavailable, "containerd ended the call", broken);
        }
    }

    private async Task ReceiveAsync()
    {
        RpcException? failure;
        try
        {
            Status? ended = null;
            while (ended is null)
            {
                ended = await frames.ReadAsync() is { } frame
                    ? await HandleAsync(frame)
                    : new Status(StatusCode.Unavailable, "containerd closed the connection");
            }

            failure = ended.Value.StatusCode is StatusCode.OK ? null : new RpcException(ended.Value);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException or InvalidDataException or InvalidProtocolBufferException)
        {
            failure = Failed(StatusCode.Unavailable, "the connection to containerd broke", broken);
        }

        if (failure is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error, failure.StatusCode.ToString());
        }

        window.Close(failure ?? Failed(StatusCode.Unavailable, "containerd ended the call", null));
        answers.Writer.Complete(failure);
    }

    // The status once the stream has ended.
    private async ValueTask<Status?> HandleAsync(Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Data:
                foreach (var answer in messages.Take(Unpadded(frame)))
                {
                    answers.Writer.TryWrite(answer);
                }

                await GiveBackAsync(frame.Payload.Length);
                return frame.Has(FrameFlags.EndStreamOrAck) ? new Status(StatusCode.Unavailable, "containerd ended the call without a status") : null;
            case FrameType.Headers:
                return await HeadersAsync(frame);
            case FrameType.Settings when !frame.Has(FrameFlags.EndStreamOrAck):
                Apply(frame.Payload.Span);
                await frames.SendAsync(FrameType.Settings, FrameFlags.EndStreamOrAck, 0, []);
                return null;
            case FrameType.Ping when !frame.Has(FrameFlags.EndStreamOrAck):
                await frames.SendAsync(FrameType.Ping, FrameFlags.EndStreamOrAck, 0, frame.Payload.Span);
                return null;
            case FrameType.WindowUpdate:
                window.Grow(frame.StreamId is 0, BinaryPrimitives.ReadInt32BigEndian(frame.Payload.Span) & int.MaxValue);
                return null;
            case FrameType.Reset:
                return new Status(StatusCode.Unavailable, "containerd reset the call");
            case FrameType.GoAway when (BinaryPrimitives.ReadInt32BigEndian(frame.Payload.Span) & int.MaxValue) < StreamId:
                return new Status(StatusCode.Unavailable, "containerd is going away");
            default:
                return null;
        }
    }

    private async ValueTask<Status?> HeadersAsync(Frame frame)
    {
        var block = Unpadded(frame).ToArray();
        for (var more = frame; !more.Has(FrameFlags.EndHeaders);)
        {
            more = await frames.ReadAsync() is { Type: FrameType.Continuation } next ? next : throw new InvalidDataException("a header block is not continued");
            block = [.. block, .. more.Payload.Span];
            if (block.Length > MaxBlockBytes)
            {
                throw new InvalidDataException("a header block is too long");
            }
        }

        if (!frame.Has(FrameFlags.EndStreamOrAck))
        {
            return null;
        }

        var trailers = HeaderBlock.Decode(block);
        return int.TryParse(trailers.GetValueOrDefault("grpc-status"), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new Status((StatusCode)code, Uri.UnescapeDataString(trailers.GetValueOrDefault("grpc-message") ?? ""))
            : new Status(StatusCode.Unavailable, "containerd ended the call without a status");
    }

    private static ReadOnlyMemory<byte> Unpadded(Frame frame)
    {
        var payload = frame.Payload;
        if (frame.Has(FrameFlags.Padded))
        {
            payload = payload.Length > payload.Span[0] ? payload[1..^payload.Span[0]] : throw new InvalidDataException("a frame is all padding");
        }

        return frame.Type is FrameType.Headers && frame.Has(FrameFlags.Priority) ? payload[5..] : payload;
    }

    // What was read may come again, on the connection and on the stream.
    private async Task GiveBackAsync(int count)
    {
        if (count is 0)
        {
            return;
        }

        var update = new byte[2 * (FrameSocket.HeaderBytes + 4)];
        foreach (var (offset, streamId) in new[] { (0, 0), (FrameSocket.HeaderBytes + 4, StreamId) })
        {
            FrameSocket.WriteHeader(update.AsSpan(offset), 4, FrameType.WindowUpdate, FrameFlags.None, streamId);
            BinaryPrimitives.WriteInt32BigEndian(update.AsSpan(offset + FrameSocket.HeaderBytes), count);
        }

        await frames.SendAsync([new ArraySegment<byte>(update)]);
    }

    private void Apply(ReadOnlySpan<byte> settings)
    {
        const int InitialWindowSize = 4;
        for (; settings.Length >= 6; settings = settings[6..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(settings) is InitialWindowSize)
            {
                window.SetInitial(BinaryPrimitives.ReadInt32BigEndian(settings[2..]) & int.MaxValue);
            }
        }
    }

    private static RpcException Failed(StatusCode code, string detail, Exception? reason) => new(new Status(code, detail, reason));
}
