using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>HTTP/1 as bytes: for what no client would send.</summary>
public static partial class RawHttp
{
    /// <summary>How long to wait for the end of a connection; only a failure takes so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Sends the bytes (a character each) and reads until the other side closes.</summary>
    public static async Task<string> ExchangeAsync(Uri url, string bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(url.Host, url.Port, limit.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), limit.Token);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, limit.Token);
        }
        catch (IOException) when (answer.Length > 0)
        {
            // A reset after the answer is an end too.
        }
        catch (OperationCanceledException end)
        {
            throw new TimeoutException($"the connection was not closed; so far it answered: {Encoding.Latin1.GetString(answer.ToArray())}", end);
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    /// <summary>The statuses of all answers in what was read, in their order.</summary>
    public static IReadOnlyList<int> StatusesIn(string answers) => [.. StatusLine().Matches(answers).Select(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))];

    [GeneratedRegex("HTTP/1\\.1 ([0-9]{3}) ")]
    private static partial Regex StatusLine();
}
