using Gateway.Containerd;
using Gateway.TestKit;
using Gateway.Tests.Jobs;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Containerd;

/// <summary>However an answer breaks off, it is the connection that failed; what the daemon says stays what it is.</summary>
public sealed class LostConnectionTests
{
    [Theory]
    [InlineData("before it", StatusCode.Unavailable)]
    [InlineData("behind its headers", StatusCode.Unavailable)]
    [InlineData("in its message", StatusCode.Unavailable)]
    [InlineData("behind its message", StatusCode.Unavailable)]
    [InlineData("without a status", StatusCode.Unavailable)]
    [InlineData("with the stream alone", StatusCode.Unavailable)]
    [InlineData("says 13", StatusCode.Internal)]
    [InlineData("says 1", StatusCode.Cancelled)]
    [InlineData("says 2", StatusCode.Unknown)]
    public async Task Answer_that_breaks_off_is_of_a_daemon_that_is_not_there(string how, StatusCode expected)
    {
        var socket = Path.Combine(Path.GetTempPath(), $"lost-{Guid.NewGuid():N}.sock");
        await using var daemon = await FakeContainerd.StartAsync(socket, http => AnswerAsync(http, how));
        using var client = new ContainerdClient(socket);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await client.Version.VersionAsync(new Empty(), cancellationToken: TestClock.Limit()));
        Assert.True(expected == failure.StatusCode, failure.ToString());
    }

    private static async Task AnswerAsync(HttpContext http, string how)
    {
        http.Response.ContentType = "application/grpc";
        if (how.StartsWith("says ", StringComparison.Ordinal))
        {
            http.Response.AppendTrailer("grpc-status", how["says ".Length..]);
            return;
        }

        if (how is not "before it")
        {
            await http.Response.StartAsync();
            byte[] message = how is "in its message" or "with the stream alone" ? [0, 0, 0, 0, 9, 10] : how is "behind its headers" ? [] : [0, 0, 0, 0, 0];
            await http.Response.Body.WriteAsync(message);
            await http.Response.Body.FlushAsync();
            await Task.Delay(50);
        }

        if (how is "with the stream alone")
        {
            http.Abort();
        }
        else if (how is not "without a status")
        {
            http.Features.Get<IConnectionLifetimeFeature>()!.Abort();
        }
    }
}
