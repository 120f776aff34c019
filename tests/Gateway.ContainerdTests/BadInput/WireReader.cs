using System.Globalization;
using System.Text;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Reads one answer of HTTP/1.1: by its length, by its chunks, or to the end of the connection.</summary>
internal static class WireReader
{
    public static async Task<(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)> ReadAsync(Stream stream, string method, CancellationToken cancel)
    {
        var status = 100;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (status is >= 100 and < 200)
        {
            status = int.Parse((await LineAsync(stream, cancel)).Split(' ')[1], CultureInfo.InvariantCulture);
            headers.Clear();
            while (await LineAsync(stream, cancel) is { Length: > 0 } line)
            {
                var (name, value) = (line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim());
                headers[name] = headers.TryGetValue(name, out var before) ? $"{before}, {value}" : value;
            }
        }

        return (status, headers, method is "HEAD" || status is 204 or 304 ? [] : await BodyAsync(stream, headers, cancel));
    }

    private static async Task<byte[]> BodyAsync(Stream stream, Dictionary<string, string> headers, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        if (headers.TryGetValue("Content-Length", out var length))
        {
            await CopyAsync(stream, body, int.Parse(length, CultureInfo.InvariantCulture), cancel);
        }
        else if (headers.GetValueOrDefault("Transfer-Encoding") is "chunked")
        {
            int size;
            do
            {
                size = int.Parse((await LineAsync(stream, cancel)).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await CopyAsync(stream, body, size, cancel);
                await LineAsync(stream, cancel);
            }
            while (size > 0);
        }
        else
        {
            await stream.CopyToAsync(body, cancel);
        }

        return body.ToArray();
    }

    private static async Task CopyAsync(Stream stream, MemoryStream body, int count, CancellationToken cancel)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancel);
        body.Write(bytes);
    }

    private static async Task<string> LineAsync(Stream stream, CancellationToken cancel)
    {
        var line = new List<byte>(128);
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancel) is 1)
        {
            if (one[0] is (byte)'\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }

        throw new IOException("the server closed the connection");
    }
}
