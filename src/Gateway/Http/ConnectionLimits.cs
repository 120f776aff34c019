using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Gateway.Http;

/// <summary>Section <c>Limits</c>, as far as it bounds connections.</summary>
internal sealed class ConnectionLimitOptions
{
    public const string Section = "Limits";

    /// <summary>Connections of all together; one more is closed at once.</summary>
    public const int MostConnections = 4096;

    /// <summary>Connections of one address at once, so that none takes them all; one more is closed at once. Default 3072, 1 to 4096.</summary>
    [Range(1, MostConnections)]
    public int ConnectionsPerAddress { get; init; } = 3072;
}

/// <summary>Counts the connections of each address. Those over a Unix socket have none and are not counted.</summary>
internal sealed class ConnectionLimits(IOptions<ConnectionLimitOptions> options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<IPAddress, int> open = [];

    public ConnectionDelegate Before(ConnectionDelegate next) => async connection =>
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address })
        {
            await next(connection);
        }
        else if (TryEnter(address))
        {
            try
            {
                await next(connection);
            }
            finally
            {
                Leave(address);
            }
        }
    };

    private bool TryEnter(IPAddress address)
    {
        lock (gate)
        {
            var count = open.GetValueOrDefault(address);
            if (count >= options.Value.ConnectionsPerAddress)
            {
                return false;
            }

            open[address] = count + 1;
            return true;
        }
    }

    private void Leave(IPAddress address)
    {
        lock (gate)
        {
            if (--open[address] is 0)
            {
                open.Remove(address);
            }
        }
    }
}
