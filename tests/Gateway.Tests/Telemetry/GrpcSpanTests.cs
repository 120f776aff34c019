using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Tests.Telemetry;

/// <summary>A gRPC call as it is made to containerd, over a Unix socket, against a server that only keeps the headers it got.</summary>
public sealed class GrpcSpanTests
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(static b => b, static b => b);
    private static readonly Method<byte[], byte[]> Version = new(MethodType.Unary, "containerd.services.version.v1.Version", "Version", Bytes, Bytes);

    [Fact]
    public async Task Grpc_call_is_one_client_span_and_its_traceparent_reaches_the_daemon()
    {
        await using var host = await TelemetryHost.StartAsync();
        await using var daemon = await Daemon.StartAsync(status: 0);
        using var source = new ActivitySource("Gateway.Jobs");

        ActivityTraceId trace;
        using (var job = source.StartActivity("job")!)
        {
            trace = job.TraceId;
            await daemon.CallAsync(Version);
        }

        var call = Assert.Single(host.Spans, span => span.Kind is ActivityKind.Client && span.TraceId == trace);
        Assert.Equal($"00-{trace.ToHexString()}-{call.SpanId.ToHexString()}-01", Assert.Single(daemon.Traceparents));
        Assert.Equal("containerd.services.version.v1.Version/Version", call.DisplayName);
    }

    [Fact]
    public async Task Failed_grpc_call_marks_its_span_without_the_daemons_text()
    {
        await using var host = await TelemetryHost.StartAsync();
        await using var daemon = await Daemon.StartAsync(status: 13);
        using var source = new ActivitySource("Gateway.Jobs");

        ActivityTraceId trace;
        using (var job = source.StartActivity("job")!)
        {
            trace = job.TraceId;
            await Assert.ThrowsAsync<RpcException>(() => daemon.CallAsync(Version));
        }

        var call = Assert.Single(host.Spans, span => span.Kind is ActivityKind.Client && span.TraceId == trace);
        Assert.Equal(ActivityStatusCode.Error, call.Status);
        Assert.DoesNotContain("/var/lib", call.StatusDescription ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain(call.TagObjects, tag => tag.Value?.ToString()?.Contains("/var/lib", StringComparison.Ordinal) is true);
    }

    private sealed class Daemon(WebApplication app, GrpcChannel channel, ConcurrentQueue<string> traceparents) : IAsyncDisposable
    {
        public IReadOnlyCollection<string> Traceparents => traceparents;

        public static async Task<Daemon> StartAsync(int status)
        {
            var socket = Path.Combine(Path.GetTempPath(), $"grpc-{Guid.NewGuid():N}.sock");
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2));
            var app = builder.Build();
            var seen = new ConcurrentQueue<string>();
            app.Run(async http =>
            {
                foreach (var traceparent in http.Request.Headers.TraceParent)
                {
                    seen.Enqueue(traceparent!);
                }

                http.Response.ContentType = "application/grpc";
                http.Response.AppendTrailer("grpc-status", status.ToString());
                http.Response.AppendTrailer("grpc-message", "open /var/lib/containerd/secret");
                await http.Response.Body.WriteAsync(status is 0 ? new byte[5] : []);
            });
            await app.StartAsync();
            var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancel) =>
                {
                    var connection = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
                    await connection.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(socket), cancel);
                    return new System.Net.Sockets.NetworkStream(connection, ownsSocket: true);
                },
            };
            return new Daemon(app, GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }), seen);
        }

        public async Task<byte[]> CallAsync(Method<byte[], byte[]> method) =>
            await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(), []);

        public async ValueTask DisposeAsync()
        {
            channel.Dispose();
            await app.DisposeAsync();
        }
    }
}
