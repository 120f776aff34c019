using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;

namespace Gateway.TestKit;

/// <summary>
/// One gRPC call, bytes in and bytes out, over containerd's socket: for what <c>ctr</c> cannot do, or not as often. Independent of the client under test.
/// </summary>
public static class RawGrpc
{
    private const int FrameHeader = 5;

    /// <summary>Begins an ingest and leaves it, as a pull does that is cut off. Content.Write: action WRITE = 1, ref = 2, offset = 5, data = 6.</summary>
    public static Task LeaveIngestAsync(string address, string containerdNamespace, string reference, byte[] data) =>
        CallAsync(address, containerdNamespace, "containerd.services.content.v1.Content/Write", message =>
        {
            message.WriteTag(1, WireFormat.WireType.Varint);
            message.WriteEnum(1);
            message.WriteTag(2, WireFormat.WireType.LengthDelimited);
            message.WriteString(reference);
            message.WriteTag(6, WireFormat.WireType.LengthDelimited);
            message.WriteBytes(ByteString.CopyFrom(data));
        });

    /// <summary>Stores a blob in one message, with labels from its first moment on. Content.Write: action COMMIT = 2, labels = 7 (key 1, value 2).</summary>
    public static Task PutBlobAsync(string address, string containerdNamespace, byte[] data, params (string Key, string Value)[] labels) =>
        CallAsync(address, containerdNamespace, "containerd.services.content.v1.Content/Write", message =>
        {
            message.WriteTag(1, WireFormat.WireType.Varint);
            message.WriteEnum(2);
            message.WriteTag(2, WireFormat.WireType.LengthDelimited);
            message.WriteString("raw-" + Guid.NewGuid());
            message.WriteTag(6, WireFormat.WireType.LengthDelimited);
            message.WriteBytes(ByteString.CopyFrom(data));
            foreach (var (key, value) in labels)
            {
                message.WriteTag(7, WireFormat.WireType.LengthDelimited);
                message.WriteBytes(ByteString.CopyFrom(Encode(entry =>
                {
                    entry.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    entry.WriteString(key);
                    entry.WriteTag(2, WireFormat.WireType.LengthDelimited);
                    entry.WriteString(value);
                })));
            }
        });

    /// <summary>Content.Abort: ref = 1.</summary>
    public static Task AbortIngestAsync(string address, string containerdNamespace, string reference) =>
        CallAsync(address, containerdNamespace, "containerd.services.content.v1.Content/Abort", message =>
        {
            message.WriteTag(1, WireFormat.WireType.LengthDelimited);
            message.WriteString(reference);
        });

    /// <summary>Sends one message and gives what is answered, the messages of a stream one after the other; throws with the status' text unless it is OK.</summary>
    public static async Task<byte[]> CallAsync(string address, string containerdNamespace, string method, Action<CodedOutputStream> write)
    {
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, cancel) => DialAsync(address, cancel) };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(write)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        request.Headers.Add("containerd-namespace", containerdNamespace);
        using var answer = await client.SendAsync(request);
        var body = await answer.Content.ReadAsByteArrayAsync();
        var status = Header(answer, "grpc-status");
        return status is "0" ? [.. Messages(body)] : throw new InvalidOperationException($"{method}: {status} {Header(answer, "grpc-message")}");
    }

    /// <summary>The same; gives the answer by its fields.</summary>
    internal static async Task<RawMessage> AskAsync(string address, string containerdNamespace, string method, Action<CodedOutputStream> write) =>
        new(new CodedInputStream(await CallAsync(address, containerdNamespace, method, write)));

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.TrailingHeaders.TryGetValues(name, out var values) || answer.Headers.TryGetValues(name, out values) ? values.First() : null;

    private static List<byte> Messages(byte[] body)
    {
        var messages = new List<byte>();
        for (var at = 0; at < body.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
            messages.AddRange(body.AsSpan(at + FrameHeader, length));
            at += FrameHeader + length;
        }

        return messages;
    }

    private static byte[] Frame(Action<CodedOutputStream> write)
    {
        byte[] bytes = [.. new byte[FrameHeader], .. Encode(write)];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - FrameHeader);
        return bytes;
    }

    internal static byte[] Encode(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var message = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write(message);
        }

        return bytes.ToArray();
    }

    private static async ValueTask<Stream> DialAsync(string address, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(address), cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
