using Gateway.Oci;
using Gateway.Tests.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Oci.Registry;

public sealed class BlobStreamTests : IDisposable
{
    private static readonly byte[] Blob = Answers.Noise(300_000);
    private static readonly Descriptor Named = Answers.BlobOf(Blob);
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private async Task<byte[]> ReadAsync(ScriptedServer server, Descriptor? named = null, long offset = 0)
    {
        await using var stream = await trial.Open(server.Authority).OpenBlobAsync(named ?? Named, offset, CancellationToken.None);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private async Task<OciException> FailAsync(ScriptedServer server, Descriptor? named = null, long offset = 0) =>
        await Assert.ThrowsAsync<OciException>(() => ReadAsync(server, named, offset));

    private static IEnumerable<string?> Ranges(ScriptedServer server) => server.Seen.Select(r => r.Headers.GetValueOrDefault("Range"));

    [Fact]
    public async Task Blob_arrives_as_it_is_without_compression_on_the_way()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendBlob(Blob));

        Assert.Equal(Blob, await ReadAsync(server));

        var request = Assert.Single(server.Seen);
        Assert.Equal($"/v2/acme/app/blobs/{Named.Digest}", request.PathAndQuery);
        Assert.Equal("identity", request.Headers["Accept-Encoding"]);
        Assert.Equal("gateway-tests", request.Headers["User-Agent"]);
    }

    [Fact]
    public async Task Blob_from_an_offset_asks_for_the_rest_only()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendBlob(Blob));

        Assert.Equal(Blob[1000..], await ReadAsync(server, offset: 1000));

        Assert.Equal(["bytes=1000-"], Ranges(server));
    }

    [Fact]
    public async Task Blob_from_its_end_needs_no_request()
    {
        await using var server = await ScriptedServer.StartAsync();

        Assert.Empty(await ReadAsync(server, offset: Blob.Length));

        Assert.Empty(server.Seen);
    }

    [Fact]
    public async Task Reset_connection_is_resumed_where_it_broke()
    {
        await using var server = await ScriptedServer.StartAsync();
        var arrived = new TaskCompletionSource();
        server.Script = async context =>
        {
            if (server.Seen.Count > 1)
            {
                await context.SendBlob(Blob);
                return;
            }

            context.Response.ContentLength = Blob.Length;
            await context.Response.Body.WriteAsync(Blob.AsMemory(0, 100_000));
            await context.Response.Body.FlushAsync();
            await arrived.Task;
            context.Abort();
        };
        await using var stream = await trial.Open(server.Authority).OpenBlobAsync(Named, 0, CancellationToken.None);
        var got = new byte[Blob.Length];
        await stream.ReadExactlyAsync(got.AsMemory(0, 100_000));
        arrived.SetResult();

        await stream.ReadExactlyAsync(got.AsMemory(100_000));

        Assert.Equal(Blob, got);
        Assert.Equal([null, "bytes=100000-"], Ranges(server));
    }

    // Orderly chunked ends, not resets: a reset may also take back what was already on its way, and counts would vary.
    private static async Task SendPiece(HttpContext context, byte[] bytes, int length)
    {
        var from = context.RangeStart();
        context.Response.StatusCode = from > 0 ? 206 : 200;
        context.Response.Headers.ContentRange = from > 0 ? $"bytes {from}-{bytes.Length - 1}/{bytes.Length}" : default(string);
        await context.Response.Body.WriteAsync(bytes.AsMemory(from, Math.Min(length, bytes.Length - from)));
    }

    [Fact]
    public async Task Body_that_always_ends_early_is_given_up_after_three_reconnects()
    {
        await using var server = await ScriptedServer.StartAsync(context => SendPiece(context, Blob, 10));

        Assert.Equal(OciFault.DigestMismatch, (await FailAsync(server)).Fault);

        Assert.Equal([null, "bytes=10-", "bytes=20-", "bytes=30-"], Ranges(server));
    }

    [Fact]
    public async Task Connection_that_breaks_for_ever_ends_as_unavailable()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendBlob(Blob, breakAfter: 10));

        Assert.Equal(OciFault.RegistryUnavailable, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Progress_between_breaks_renews_the_patience()
    {
        var large = Answers.Noise(8 * 1024 * 1024);
        await using var server = await ScriptedServer.StartAsync(context => SendPiece(context, large, 1_200_000));

        Assert.Equal(large, await ReadAsync(server, Answers.BlobOf(large)));

        Assert.Equal(7, server.Seen.Count);
    }

    [Fact]
    public async Task Answer_that_ignores_the_range_is_skipped_up_to_it()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Script = context =>
        {
            if (server.Seen.Count is 1)
            {
                return SendPiece(context, Blob, 70_000);
            }

            context.Response.ContentLength = Blob.Length;
            return context.Response.Body.WriteAsync(Blob).AsTask();
        };

        Assert.Equal(Blob, await ReadAsync(server));
    }

    [Theory]
    [InlineData("bytes 999-299999/300000")]
    [InlineData("bytes 1000-299999/300001")]
    [InlineData("bytes 1000-200000/300000")]
    [InlineData("items 1000-299999/300000")]
    [InlineData(null)]
    public async Task Partial_content_of_another_range_is_never_spliced_in(string? contentRange)
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = contentRange;
            await context.Response.Body.WriteAsync(Blob.AsMemory(1000));
        });

        Assert.Equal(OciFault.RegistryUnavailable, (await FailAsync(server, offset: 1000)).Fault);

        Assert.Equal(3, server.Seen.Count);
    }

    [Fact]
    public async Task Partial_content_that_nobody_asked_for_is_refused()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = "bytes 0-299999/300000";
            await context.Response.Body.WriteAsync(Blob);
        });

        Assert.Equal(OciFault.RegistryUnavailable, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Partial_content_with_unknown_total_is_accepted()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = "bytes 1000-299999/*";
            await context.Response.Body.WriteAsync(Blob.AsMemory(1000));
        });

        Assert.Equal(Blob[1000..], await ReadAsync(server, offset: 1000));
    }

    [Fact]
    public async Task Wrong_bytes_are_told_before_the_end_is()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendBlob(Answers.Noise(Blob.Length, seed: 2)));
        await using var stream = await trial.Open(server.Authority).OpenBlobAsync(Named, 0, CancellationToken.None);
        var got = new byte[Blob.Length];
        await stream.ReadExactlyAsync(got);

        var fault = await Assert.ThrowsAsync<OciException>(async () => await stream.ReadExactlyAsync(new byte[1]));

        Assert.Equal(OciFault.DigestMismatch, fault.Fault);
        // And it stays so: a second try to read does not turn it into an end.
        await Assert.ThrowsAsync<OciException>(async () => await stream.ReadExactlyAsync(new byte[1]));
    }

    [Theory]
    [InlineData(299_999)]
    [InlineData(300_001)]
    public async Task Answer_of_another_length_is_refused_before_a_byte_is_given(int length)
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendBlob(Answers.Noise(length)));

        Assert.Equal(OciFault.DigestMismatch, (await FailAsync(server)).Fault);

        Assert.Single(server.Seen);
    }

    [Fact]
    public async Task Bytes_beyond_the_size_are_never_given()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Response.Body.WriteAsync(Blob); // chunked: no length
            await context.Response.Body.WriteAsync(Blob);
        });
        await using var stream = await trial.Open(server.Authority).OpenBlobAsync(Named, 0, CancellationToken.None);
        using var got = new MemoryStream();

        var fault = await Assert.ThrowsAsync<OciException>(() => stream.CopyToAsync(got));

        Assert.Equal(OciFault.DigestMismatch, fault.Fault);
        Assert.Equal(Blob.Length, got.Length);
    }

    [Fact]
    public async Task Blob_shorter_than_promised_is_a_mismatch()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            if (context.RangeStart() > 0)
            {
                await context.SendStatus(416);
                return;
            }

            await context.Response.Body.WriteAsync(Blob.AsMemory(0, 1000));
        });

        Assert.Equal(OciFault.DigestMismatch, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Stalled_connection_is_replaced()
    {
        var time = new WatchedTime();
        using var release = new SemaphoreSlim(0);
        await using var server = await ScriptedServer.StartAsync();
        server.Script = async context =>
        {
            if (server.Seen.Count > 1)
            {
                await context.SendBlob(Blob);
                return;
            }

            context.Response.ContentLength = Blob.Length;
            await context.Response.Body.WriteAsync(Blob.AsMemory(0, 5000));
            await context.Response.Body.FlushAsync();
            await release.WaitAsync(context.RequestAborted);
        };
        await using var stream = await trial.Open(server.Authority, time: time).OpenBlobAsync(Named, 0, CancellationToken.None);
        var got = new byte[Blob.Length];
        await stream.ReadExactlyAsync(got.AsMemory(0, 5000));

        var rest = stream.ReadExactlyAsync(got.AsMemory(5000)).AsTask();
        Assert.False(rest.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(61));
        await rest;

        Assert.Equal(Blob, got);
        Assert.Equal([null, "bytes=5000-"], Ranges(server));
    }

    [Fact]
    public async Task Connection_that_drips_is_replaced()
    {
        var time = new FakeTimeProvider();
        using var drip = new SemaphoreSlim(0);
        await using var server = await ScriptedServer.StartAsync();
        server.Script = async context =>
        {
            if (server.Seen.Count > 1)
            {
                await context.SendBlob(Blob);
                return;
            }

            context.Response.ContentLength = Blob.Length;
            await context.Response.Body.FlushAsync();
            for (var sent = 0; ; sent++)
            {
                await drip.WaitAsync(context.RequestAborted);
                await context.Response.Body.WriteAsync(Blob.AsMemory(sent, 1));
                await context.Response.Body.FlushAsync();
            }
        };
        await using var stream = await trial.Open(server.Authority, time: time).OpenBlobAsync(Named, 0, TestClock.Limit());
        var got = new byte[Blob.Length];
        for (var read = 0; read < 2; read++)
        {
            var one = stream.ReadAsync(got.AsMemory(read), TestClock.Limit()).AsTask();
            time.Advance(TimeSpan.FromSeconds(50)); // the read waits: nothing comes unless the test says so
            drip.Release();
            Assert.Equal(1, await one);
        }

        await stream.ReadExactlyAsync(got.AsMemory(2), TestClock.Limit());

        Assert.Equal(Blob, got);
        Assert.Equal([null, "bytes=2-"], Ranges(server));
    }

    [Fact]
    public async Task Cancelled_read_is_cancelled_and_nothing_else()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.ContentLength = Blob.Length;
            await context.Response.Body.FlushAsync(); // the headers leave now
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var source = new CancellationTokenSource();
        await using var stream = await trial.Open(server.Authority).OpenBlobAsync(Named, 0, source.Token);

        var read = stream.ReadAsync(new byte[10], source.Token).AsTask();
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Single(server.Seen);
    }

    [Theory]
    [InlineData(401, OciFault.RegistryUnauthorized)]
    [InlineData(403, OciFault.RegistryForbidden)]
    [InlineData(404, OciFault.ImageNotFound)]
    [InlineData(500, OciFault.RegistryUnavailable)]
    [InlineData(204, OciFault.RegistryUnavailable)]
    public async Task Blob_that_is_not_given_says_why(int status, OciFault expected)
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(status));

        var fault = await FailAsync(server);

        Assert.Equal(expected, fault.Fault);
        Assert.StartsWith($"cannot fetch {Named.Digest} of {server.Authority}/acme/app:1: ", fault.Message, StringComparison.Ordinal);
    }
}
