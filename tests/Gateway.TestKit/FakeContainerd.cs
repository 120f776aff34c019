using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.TestKit;

/// <summary>A socket that answers in containerd's place, for what a real one cannot be brought to.</summary>
public sealed class FakeContainerd : IAsyncDisposable
{
    private readonly WebApplication app;

    private FakeContainerd(WebApplication app) => this.app = app;

    /// <summary>Says that it is containerd of the version, and knows nothing else.</summary>
    public static Task<FakeContainerd> StartAsync(string address, string version) => StartAsync(address, http => AnswerAsync(http, version));

    public static async Task<FakeContainerd> StartAsync(string address, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(address, listener => listener.Protocols = HttpProtocols.Http2));
        var app = builder.Build();
        app.Run(answer);
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
