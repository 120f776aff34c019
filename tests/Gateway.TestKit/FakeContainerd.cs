using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.TestKit;

/// <summary>A socket that says it is containerd of some version, and knows nothing else: for versions that cannot be had.</summary>
public sealed class FakeContainerd : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeContainerd(WebApplication app) => this.app = app;

    public static async Task<FakeContainerd> StartAsync(string address, string version)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(address, listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(http => AnswerAsync(http, version));
        await app.StartAsync();
        return new FakeContainerd(app);
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    // gRPC over HTTP/2: a byte of flags, four of length, the message; then the status. VersionResponse: version = 1. Status 12 is UNIMPLEMENTED.
    private static async Task AnswerAsync(HttpContext http, string version)
    {
        var isKnown = http.Request.Path.Value is "/containerd.services.version.v1.Version/Version";
        http.Response.ContentType = "application/grpc";
        http.Response.AppendTrailer("grpc-status", isKnown ? "0" : "12");
        if (isKnown)
        {
            using var message = new MemoryStream();
            using (var output = new CodedOutputStream(message, leaveOpen: true))
            {
                output.WriteTag(1, WireFormat.WireType.LengthDelimited);
                output.WriteString(version);
            }

            await http.Response.Body.WriteAsync((byte[])[0, 0, 0, 0, (byte)message.Length, .. message.ToArray()]);
        }
    }
}
