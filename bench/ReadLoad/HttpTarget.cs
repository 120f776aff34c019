using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ReadLoad;

/// <summary>A lean HTTP/1.1 client on one kept connection: what it costs must not hide what the server costs.</summary>
internal sealed class HttpTarget
{
    private readonly Socket socket;
    private readonly byte[] request;
    private byte[] buffer = new byte[256 * 1024];
    private int filled;
    private int used;

    private HttpTarget(Socket socket, byte[] request) => (this.socket, this.request) = (socket, request);

    public static Func<long> Open(string address, string path, IEnumerable<string> headers)
    {
        var isUnix = address.StartsWith('/');
        var opened = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        opened.Connect(isUnix ? new UnixDomainSocketEndPoint(address) : IPEndPoint.Parse(address));
        var head = $"GET {path} HTTP/1.1\r\nHost: {(isUnix ? "localhost" : address)}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";
        return new HttpTarget(opened, Encoding.ASCII.GetBytes(head)).Ask;
    }

    private long Ask()
    {
        socket.Send(request);
        (filled, used) = (0, 0);
        var status = Line();
        if (!status.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(status);
        }

        long? length = null;
        for (var header = Line(); header.Length > 0; header = Line())
        {
            if (header.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase))
            {
                length = long.Parse(header.AsSpan(15), CultureInfo.InvariantCulture);
            }
        }

        return length is { } known ? Skip(known) : Chunks();
    }

    private long Chunks()
    {
        for (var total = 0L; ;)
        {
            var size = long.Parse(Line(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            total += Skip(size);
            Line();
            if (size is 0)
            {
                return total;
            }
        }
    }

    private string Line()
    {
        for (var from = used; ;)
        {
            var end = buffer.AsSpan(from, filled - from).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = Encoding.ASCII.GetString(buffer, used, from + end - used).TrimEnd('\r');
                used = from + end + 1;
                return line;
            }

            from = filled;
            Receive();
        }
    }

    private long Skip(long length)
    {
        for (var left = length; left > 0;)
        {
            if (used == filled)
            {
                (used, filled) = (0, 0);
                Receive();
            }

            var part = (int)Math.Min(left, filled - used);
            used += part;
            left -= part;
        }

        return length;
    }

    private void Receive()
    {
        if (filled == buffer.Length)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
        }

        var received = socket.Receive(buffer, filled, buffer.Length - filled, SocketFlags.None);
        filled += received > 0 ? received : throw new InvalidOperationException("the server closed the connection");
    }
}
