using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>
/// An HTTP/1.1 client that sends a target and headers byte for byte as it is told, where HttpClient would put them right. One request at a time; the
/// connection is kept as long as the server keeps it.
/// </summary>
public sealed class WireClient(Uri server) : IDisposable
{
    /// <summary>Longest time an answer may take before it counts as none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);

    private TcpClient? connection;
    private NetworkStream? stream;
    private Stream? answers;

    public string Host => server.Authority;

    /// <param name="headers">As they are sent; <c>Host</c> and <c>Content-Length</c> are added where they are not among them.</param>
    /// <param name="body">Null sends none.</param>
    public async Task<WireAnswer> SendAsync(string method, string target, IReadOnlyCollection<(string Name, string Value)> headers, byte[]? body)
    {
        using var limit = new CancellationTokenSource(Patience);
        var head = HeadOf(method, target, headers, body);
        var wasOpen = stream is not null;
        try
        {
            return await TryAsync(method, head, body, limit.Token);
        }
        catch (IOException) when (wasOpen)
        {
            // The server may close a connection it kept at any time between two requests.
            Close();
            return await TryAsync(method, head, body, limit.Token);
        }
    }

    public void Dispose() => Close();

    private async Task<WireAnswer> TryAsync(string method, byte[] head, byte[]? body, CancellationToken cancel)
    {
        try
        {
            await OpenAsync(cancel);
            var watch = Stopwatch.StartNew();
            var sending = WriteAsync(head, body, cancel);
            var answer = await WireReader.ReadAsync(answers!, method, cancel);
            var isSent = await sending;
            if (!isSent || answer.Headers.GetValueOrDefault("Connection") is "close")
            {
                Close();
            }

            return new WireAnswer(answer.Status, answer.Headers, answer.Body, watch.Elapsed);
        }
        catch
        {
            Close();
            throw;
        }
    }

    private byte[] HeadOf(string method, string target, IReadOnlyCollection<(string Name, string Value)> headers, byte[]? body)
    {
        var text = new StringBuilder($"{method} {target} HTTP/1.1\r\n");
        if (!Has("Host"))
        {
            text.Append($"Host: {Host}\r\n");
        }

        foreach (var (name, value) in headers)
        {
            text.Append($"{name}: {value}\r\n");
        }

        if (!Has("Content-Length") && !Has("Transfer-Encoding") && (body is not null || method is "POST" or "PUT" or "PATCH"))
        {
            text.Append($"Content-Length: {body?.Length ?? 0}\r\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());

        bool Has(string name) => headers.Any(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private async Task OpenAsync(CancellationToken cancel)
    {
        if (stream is null)
        {
            connection = new TcpClient { NoDelay = true };
            await connection.ConnectAsync(server.Host, server.Port, cancel);
            stream = connection.GetStream();
            answers = PipeReader.Create(stream).AsStream();
        }
    }

    // A server that refuses a body answers before it has read it, and may close then.
    private async Task<bool> WriteAsync(byte[] head, byte[]? body, CancellationToken cancel)
    {
        try
        {
            await stream!.WriteAsync(body is null ? head : [.. head, .. body], cancel);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void Close()
    {
        connection?.Dispose();
        (connection, stream, answers) = (null, null, null);
    }
}
