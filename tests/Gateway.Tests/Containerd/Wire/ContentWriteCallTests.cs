using System.Diagnostics;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Tests.Containerd.Wire;

public sealed class ContentWriteCallTests : IDisposable
{
    private const int FirstWindow = 65535;

    private readonly ScriptedDaemon daemon = new();

    public void Dispose() => daemon.Dispose();

    [Fact]
    public async Task Call_names_its_namespace_lease_and_trace()
    {
        using var activity = new Activity("pull").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var call = await daemon.ConnectAsync("lease-1");
        Assert.Equal(("team-a", "lease-1"), (daemon.Headers["containerd-namespace"], daemon.Headers["containerd-lease"]));
        Assert.Equal(("application/grpc", "trailers"), (daemon.Headers["content-type"], daemon.Headers["te"]));
        Assert.Contains(activity.TraceId.ToHexString(), daemon.Headers["traceparent"]);
    }

    [Fact]
    public async Task Call_without_a_lease_names_none()
    {
        using var call = await daemon.ConnectAsync();
        Assert.False(daemon.Headers.ContainsKey("containerd-lease"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData(300_000)]
    public async Task Messages_arrive_whole_and_in_frames_of_the_agreed_size(int bytes)
    {
        using var call = await daemon.ConnectAsync();
        await daemon.GrowAsync(1_000_000);
        var data = Bytes(bytes);
        var stat = new WriteContentRequest { Action = WriteAction.Stat, Ref = "layer-1", Total = bytes, Labels = { ["a"] = "b" } };
        var write = new WriteContentRequest { Action = WriteAction.Write, Ref = "layer-1", Offset = 7, Data = ByteString.CopyFrom(data) };
        await Task.WhenAll(
            daemon.ReadBodyAsync(5 + stat.CalculateSize() + 5 + write.CalculateSize()),
            Task.Run(async () =>
            {
                await call.WriteAsync(stat, CancellationToken.None);
                await call.WriteAsync(write, CancellationToken.None);
            }));
        Assert.Equal([stat, write], daemon.Requests());
        Assert.True(daemon.LargestFrame <= FrameSocket.MaxPayloadBytes);
    }

    [Fact]
    public async Task No_more_is_sent_than_the_windows_allow()
    {
        using var call = await daemon.ConnectAsync();
        var sending = call.WriteAsync(WriteOf(100_000), CancellationToken.None);
        await daemon.ReadBodyAsync(FirstWindow);

        // A ping is answered meanwhile, and its answer is the next that comes: no byte beyond the window was on its way.
        await daemon.SendAsync(FrameType.Ping, FrameFlags.None, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        var pong = await daemon.ReadAsync();
        Assert.Equal((FrameType.Ping, FrameFlags.EndStreamOrAck), (pong.Type, pong.Flags));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], pong.Payload.ToArray());
        Assert.False(sending.IsCompleted);

        await daemon.GrowAsync(100_000);
        await daemon.ReadBodyAsync(100_000);
        await sending;
    }

    [Fact]
    public async Task Setting_of_the_first_window_counts_for_the_open_stream()
    {
        using var call = await daemon.ConnectAsync();
        await daemon.SendAsync(FrameType.Settings, FrameFlags.None, 0, 0, 4, 0, 0, 0, 10);
        Assert.Equal((FrameType.Settings, FrameFlags.EndStreamOrAck), ((await daemon.ReadAsync()) is var ack ? (ack.Type, ack.Flags) : default));
        var sending = call.WriteAsync(WriteOf(1000), CancellationToken.None);
        await daemon.ReadBodyAsync(10);
        Assert.False(sending.IsCompleted);
        await daemon.GrowAsync(2000);
        await daemon.ReadBodyAsync(1000);
        await sending;
        Assert.Single(daemon.Requests());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Answers_are_put_together_wherever_they_are_cut(int frameBytes)
    {
        using var call = await daemon.ConnectAsync();
        await daemon.AnswerAsync(new WriteContentResponse { Action = WriteAction.Write, Offset = 4096, Total = 9000 }, frameBytes);
        await daemon.AnswerAsync(new WriteContentResponse { Action = WriteAction.Commit, Offset = 9000 }, frameBytes);
        await daemon.EndAsync("0", "");
        Assert.Equal(4096, (await call.ReadAsync(CancellationToken.None))!.Offset);
        Assert.Equal(WriteAction.Commit, (await call.ReadAsync(CancellationToken.None))!.Action);
        Assert.Null(await call.ReadAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("6", "content sha256%3Aaa%3A already exists", StatusCode.AlreadyExists, "content sha256:aa: already exists")]
    [InlineData("14", "ref locked", StatusCode.Unavailable, "ref locked")]
    [InlineData("2", "no space left on device", StatusCode.Unknown, "no space left on device")]
    [InlineData("none", "", StatusCode.Unavailable, "containerd ended the call without a status")]
    public async Task Status_of_the_daemon_is_what_the_reader_gets(string status, string message, StatusCode code, string detail)
    {
        using var call = await daemon.ConnectAsync();
        await daemon.EndAsync(status, message);
        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ReadAsync(CancellationToken.None));
        Assert.Equal((code, detail), (failure.StatusCode, failure.Status.Detail));
        await Assert.ThrowsAsync<RpcException>(() => call.WriteAsync(WriteOf(10), CancellationToken.None));
    }

    [Theory]
    [InlineData("close")]
    [InlineData("reset")]
    [InlineData("go away")]
    [InlineData("too long")]
    [InlineData("compressed")]
    public async Task Broken_connection_is_unavailable(string fault)
    {
        using var call = await daemon.ConnectAsync();
        var sending = call.WriteAsync(WriteOf(200_000), CancellationToken.None);
        await (fault switch
        {
            "close" => Task.Run(daemon.Close),
            "reset" => daemon.SendAsync(FrameType.Reset, FrameFlags.None, 1, 0, 0, 0, 8),
            "go away" => daemon.SendAsync(FrameType.GoAway, FrameFlags.None, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            "too long" => daemon.SendAsync(FrameType.Data, FrameFlags.None, 1, new byte[20_000]),
            _ => daemon.SendAsync(FrameType.Data, FrameFlags.None, 1, 1, 0, 0, 0, 0),
        });
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => sending)).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call.ReadAsync(CancellationToken.None))).StatusCode);
    }

    [Fact]
    public async Task Daemon_that_is_not_there_is_unavailable()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => ContentWriteCall.OpenAsync("/nonexistent/c.sock", "team-a", null, CancellationToken.None));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Canceled_write_ends_though_the_daemon_takes_nothing()
    {
        using var call = await daemon.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        var sending = call.WriteAsync(WriteOf(1_000_000), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task Half_close_ends_the_stream_and_nothing_else()
    {
        using var call = await daemon.ConnectAsync();
        await call.CompleteAsync();
        var last = await daemon.ReadAsync();
        Assert.Equal((FrameType.Data, FrameFlags.EndStreamOrAck, 0), (last.Type, last.Flags, last.Payload.Length));
        await daemon.EndAsync("0", "");
        Assert.Null(await call.ReadAsync(CancellationToken.None));
    }

    private static WriteContentRequest WriteOf(int bytes) => new() { Action = WriteAction.Write, Ref = "layer-1", Data = ByteString.CopyFrom(Bytes(bytes)) };

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
