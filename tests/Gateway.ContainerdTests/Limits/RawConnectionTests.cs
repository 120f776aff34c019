using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Limits;

/// <summary>What is too much or too slow on the wire. There is no containerd here.</summary>
public sealed class RawConnectionTests(RawConnectionTests.Server server) : IClassFixture<RawConnectionTests.Server>
{
    private const string Post = $"POST /v1/namespaces/x/images/pull HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {GatewayProcess.Key}\r\nContent-Type: application/json\r\n";

    public static TheoryData<string, string> Beyond => new()
    {
        { "101 headers", Get("/healthz/live", string.Concat(Enumerable.Range(0, 100).Select(i => $"X-{i}: 1\r\n"))) },
        { "33 KiB of headers", Get("/healthz/live", $"X-Long: {new string('a', 33 * 1024)}\r\n") },
        { "a request line of 9 KiB", Get($"/healthz/live?{new string('a', 9 * 1024)}", "") },
        { "a body of 2 MiB", $"{Post}Content-Length: {2 << 20}\r\n\r\n{{" },
    };

    private static readonly Dictionary<string, string> Statuses = new()
    {
        ["101 headers"] = "431",
        ["33 KiB of headers"] = "431",
        ["a request line of 9 KiB"] = "414",
        ["a body of 2 MiB"] = "413",
    };

    [Theory]
    [MemberData(nameof(Beyond))]
    public async Task What_is_beyond_a_bound_is_refused(string what, string request)
    {
        using var socket = await ConnectAsync(server.Gateway);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        Assert.StartsWith($"HTTP/1.1 {Statuses[what]} ", await ReadAsync(socket));
    }

    [Fact]
    public async Task What_is_just_within_the_bounds_is_answered()
    {
        using var socket = await ConnectAsync(server.Gateway);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Get("/healthz/live", string.Concat(Enumerable.Range(0, 98).Select(i => $"X-{i}: {new string('a', 200)}\r\n")))));
        Assert.StartsWith("HTTP/1.1 200 ", await ReadAsync(socket));
    }

    [Theory]
    [InlineData("headers that do not end", "GET /healthz/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")]
    [InlineData("a body that does not come", Post + "Content-Length: 1000\r\n\r\n{")]
    public async Task Client_that_sends_too_slowly_is_cut_off(string what, string begun)
    {
        using var socket = await ConnectAsync(server.Gateway);
        await socket.SendAsync(Encoding.ASCII.GetBytes(begun));
        var answer = await ReadAsync(socket);
        Assert.True(answer.Length is 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), $"{what}: {answer}");
        Assert.Equal(HttpStatusCode.OK, (await server.Gateway.Api.GetAsync("/healthz/live")).Status);
    }

    [Fact]
    public async Task Address_gets_so_many_connections_and_one_more_when_one_has_gone()
    {
        await using var gateway = await GatewayProcess.StartAsync("/nonexistent", new Dictionary<string, string?> { ["Limits__ConnectionsPerAddress"] = "3" });
        var first = new[] { await ConnectAsync(gateway), await ConnectAsync(gateway), await ConnectAsync(gateway) };
        foreach (var socket in first)
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(Get("/healthz/live", "", close: false)));
            Assert.True(await socket.ReceiveAsync(new byte[4096]) > 0);
        }

        Assert.Equal("", await AskAsync(gateway));
        first[0].Dispose();
        await Wait.UntilAsync(async () => (await AskAsync(gateway)).StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal), "there is room again");
        Assert.All(first[1..], socket => socket.Dispose());
    }

    private static string Get(string path, string headers, bool close = true) => $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{(close ? "Connection: close\r\n" : "")}{headers}\r\n";

    private static async Task<string> AskAsync(GatewayProcess gateway)
    {
        using var socket = await ConnectAsync(gateway);
        try
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(Get("/healthz/live", "")));
        }
        catch (SocketException)
        {
            // Closed before it was asked.
        }

        return await ReadAsync(socket);
    }

    private static async Task<Socket> ConnectAsync(GatewayProcess gateway)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Url.Port);
        return socket;
    }

    /// <summary>All that comes until the other side ends it, or its first answer.</summary>
    private static async Task<string> ReadAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (text, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await socket.ReceiveAsync(buffer, limit.Token) is > 0 and var read)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        return text.ToString();
    }

    /// <summary>One gateway for all.</summary>
    public sealed class Server : IAsyncLifetime
    {
        public GatewayProcess Gateway { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Gateway = await GatewayProcess.StartAsync("/nonexistent");

        public async ValueTask DisposeAsync() => await Gateway.DisposeAsync();
    }
}
