using Gateway.Containerd.Services.Streaming;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>A side channel of a transfer, open in the daemon under its <see cref="Id"/> until it is disposed or the daemon ends it.</summary>
public sealed class DaemonStream : IAsyncDisposable
{
    private readonly AsyncDuplexStreamingCall<Any, Any> call;

    private DaemonStream(string id, AsyncDuplexStreamingCall<Any, Any> call) => (Id, this.call) = (id, call);

    /// <summary>What a transfer names the stream by.</summary>
    public string Id { get; }

    /// <summary>Opens a stream; when this returns the daemon knows it. It must be of the transfer's own namespace and lease.</summary>
    public static async Task<DaemonStream> OpenAsync(NamespacedClient containerd, string purpose, CancellationToken cancel)
    {
        var stream = new DaemonStream($"{purpose}-{Guid.NewGuid():N}", containerd.Streaming.Stream(cancellationToken: CancellationToken.None));
        try
        {
            await stream.SendAsync(new StreamInit { Id = stream.Id }).WaitAsync(cancel);
            return await stream.ReceiveAsync().WaitAsync(cancel) is not null
                ? stream
                : throw new RpcException(new Status(StatusCode.DataLoss, "containerd closed the stream without an answer"));
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a message.</summary>
    public Task SendAsync(IMessage message) => call.RequestStream.WriteAsync(TypedAny.Pack(message), CancellationToken.None);

    /// <summary>The next message, or null where the daemon has ended the stream. Ends with <see cref="RpcException"/> when it is disposed meanwhile.</summary>
    public async Task<Any?> ReceiveAsync() =>
        await call.ResponseStream.MoveNext(CancellationToken.None) ? call.ResponseStream.Current : null;

    /// <summary>Ends the stream.</summary>
    public ValueTask DisposeAsync()
    {
        call.Dispose();
        return ValueTask.CompletedTask;
    }
}
