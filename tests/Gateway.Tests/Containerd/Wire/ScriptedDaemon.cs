using System.Buffers.Binary;
using System.Net.Sockets;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Wire;
using Google.Protobuf;

namespace Gateway.Tests.Containerd.Wire;

/// <summary>The daemon's end of one write call, frame by frame.</summary>
internal sealed class ScriptedDaemon : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gateway-wire-").FullName;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly MemoryStream body = new();
    private FrameSocket? frames;

    public ScriptedDaemon()
    {
        listener.Bind(new UnixDomainSocketEndPoint(Address));
        listener.Listen();
    }

    public string Address => Path.Combine(folder, "c.sock");

    public Dictionary<string, string> Headers { get; private set; } = [];

    public int LargestFrame { get; private set; }

    public long BodyBytes => body.Length;

    /// <summary>Opens a call to it; both ends are then ready.</summary>
    public async Task<ContentWriteCall> ConnectAsync(string? lease = null)
    {
        var accepting = AcceptAsync();
        var call = await ContentWriteCall.OpenAsync(Address, "team-a", lease, TestContext.Current.CancellationToken);
        await accepting;
        return call;
    }

    /// <summary>Reads frames until a DATA frame makes the body this long, or a frame of another type than expected ones comes.</summary>
    public async Task<Frame> ReadAsync()
    {
        var frame = await frames!.ReadAsync() ?? throw new EndOfStreamException();
        if (frame.Type is FrameType.Data)
        {
            LargestFrame = Math.Max(LargestFrame, frame.Payload.Length);
            body.Write(frame.Payload.Span);
        }

        return frame;
    }

    public async Task ReadBodyAsync(int bytes)
    {
        while (body.Length < bytes)
        {
            await ReadAsync();
        }
    }

    public Task SendAsync(FrameType type, FrameFlags flags, int stream, params byte[] payload) => frames!.SendAsync(type, flags, stream, payload);

    public async Task GrowAsync(int bytes)
    {
        var count = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(count, bytes);
        await SendAsync(FrameType.WindowUpdate, FrameFlags.None, 0, count);
        await SendAsync(FrameType.WindowUpdate, FrameFlags.None, 1, count);
    }

    /// <summary>Sends an answer cut into DATA frames of the given size.</summary>
    public async Task AnswerAsync(WriteContentResponse answer, int frameBytes)
    {
        byte[] message = [0, 0, 0, 0, (byte)answer.CalculateSize(), .. answer.ToByteArray()];
        foreach (var part in message.Chunk(frameBytes))
        {
            await SendAsync(FrameType.Data, FrameFlags.None, 1, part);
        }
    }

    public Task EndAsync(string status, string message) => SendAsync(
        FrameType.Headers, FrameFlags.EndHeaders | FrameFlags.EndStreamOrAck, 1,
        HeaderBlock.Encode("/", new Dictionary<string, string> { ["grpc-status"] = status, ["grpc-message"] = message }));

    public void Close() => frames!.Dispose();

    /// <summary>The requests in the body so far; each must be whole.</summary>
    public List<WriteContentRequest> Requests()
    {
        var requests = new List<WriteContentRequest>();
        for (var rest = body.ToArray().AsSpan(); !rest.IsEmpty;)
        {
            Assert.Equal(0, rest[0]);
            var length = BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
            requests.Add(WriteContentRequest.Parser.ParseFrom(rest.Slice(5, length)));
            rest = rest[(5 + length)..];
        }

        return requests;
    }

    public void Dispose()
    {
        frames?.Dispose();
        listener.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        var socket = await listener.AcceptAsync();
        var preface = new byte[24];
        for (var read = 0; read < preface.Length;)
        {
            read += await socket.ReceiveAsync(preface.AsMemory(read), SocketFlags.None);
        }

        Assert.Equal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), preface);
        frames = new FrameSocket(socket);
        Assert.Equal(FrameType.Settings, (await ReadAsync()).Type);
        var headers = await ReadAsync();
        Assert.Equal(FrameType.Headers, headers.Type);
        Headers = HeaderBlock.Decode(headers.Payload.Span);
    }
}
