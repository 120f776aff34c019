using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Oci.Registry;

/// <summary>Registries that take blobs in pieces, and break between and within them.</summary>
public sealed class PushChunksTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private static readonly (Descriptor Descriptor, string Text) Blob = UploadServer.BlobOf((9 * MiB) + 5);
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private Task<BlobOutcome> PushAsync(UploadServer server, (Descriptor Descriptor, string Text)? blob = null) => trial.OpenForPush(server.Server.Authority).PushBlobAsync(
        (blob ?? Blob).Descriptor, UploadServer.SourceOf((blob ?? Blob).Text), mountFrom: null, _ => { }, CancellationToken.None);

    private static IEnumerable<string> Ranges(UploadServer server) => server.With("PATCH").Select(patch => patch.Headers["Content-Range"]);

    private static Func<HttpContext, Task<bool>> When(Func<HttpContext, bool> hit, Func<HttpContext, Task> answer) => async http =>
    {
        if (!hit(http))
        {
            return false;
        }

        await answer(http);
        return true;
    };

    private static bool IsWhole(HttpContext http) => http.Request.Method is "PUT" && http.Request.ContentLength > 0;

    [Fact]
    public async Task Registry_that_names_a_least_piece_gets_a_large_blob_in_pieces_and_a_small_one_whole()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = http =>
        {
            http.Response.Headers["OCI-Chunk-Min-Length"] = $"{5 * MiB}";
            return Task.FromResult(false);
        };
        var small = UploadServer.BlobOf(1000);

        await PushAsync(server);
        await PushAsync(server, small);

        Assert.Equal(["0-5242879", "5242880-9437188"], Ranges(server));
        Assert.Equal(["HEAD", "POST", "PATCH", "PATCH", "PUT", "HEAD", "POST", "PUT"], server.Methods);
        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
        Assert.Equal(small.Text, server.Stored[small.Descriptor.Digest.ToString()]);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(405)]
    [InlineData(413)]
    [InlineData(501)]
    public async Task Registry_that_takes_no_blob_whole_gets_pieces(int status)
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = When(IsWhole, http => http.SendStatus(status));

        Assert.Equal(BlobOutcome.Uploaded, await PushAsync(server));

        Assert.Equal(["0-4194303", "4194304-8388607", "8388608-9437188"], Ranges(server));
        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
    }

    [Fact]
    public async Task Push_remembers_that_blobs_are_not_taken_whole()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = When(IsWhole, http => http.SendStatus(413));
        var repository = trial.OpenForPush(server.Server.Authority);

        foreach (var (descriptor, text) in new[] { UploadServer.BlobOf(10), UploadServer.BlobOf(20) })
        {
            await repository.PushBlobAsync(descriptor, UploadServer.SourceOf(text), mountFrom: null, _ => { }, CancellationToken.None);
        }

        Assert.Equal(["HEAD", "POST", "PUT", "POST", "PATCH", "PUT", "HEAD", "POST", "PATCH", "PUT"], server.Methods);
    }

    [Fact]
    public async Task Pieces_that_are_too_large_become_smaller()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = When(http => http.Request.ContentLength > MiB, http => http.SendStatus(413));

        await PushAsync(server);

        Assert.Equal("0-1048575", Ranges(server).Skip(1).First());
        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
    }

    [Fact]
    public async Task Broken_piece_goes_on_where_the_registry_stopped()
    {
        await using var server = await UploadServer.StartAsync();
        var patches = 0;
        server.Instead = async http =>
        {
            if (IsWhole(http))
            {
                await http.SendStatus(413);
                return true;
            }

            if (http.Request.Method is "PATCH" && Interlocked.Increment(ref patches) is 2)
            {
                server.Keep(UploadServer.BodyOf(http)[..1_000_000]);
                http.Abort();
                return true;
            }

            return false;
        };

        await PushAsync(server);

        Assert.Equal(["0-4194303", "4194304-8388607", "5194304-9388607", "9388608-9437188"], Ranges(server));
        Assert.Single(server.With("GET"));
        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
    }

    [Fact]
    public async Task Upload_that_the_registry_has_lost_is_begun_anew()
    {
        await using var server = await UploadServer.StartAsync();
        var (patches, gone) = (0, 0);
        server.Instead = async http =>
        {
            var status = IsWhole(http) ? 413
                : http.Request.Method is "PATCH" && Interlocked.Increment(ref patches) is 2 ? 500
                : http.Request.Method is "GET" && Interlocked.Increment(ref gone) is 1 ? 404 : 0;
            await (status is 0 ? Task.CompletedTask : http.SendStatus(status));
            return status is not 0;
        };

        await PushAsync(server);

        Assert.Equal(["0-4194303", "4194304-8388607", "0-4194303", "4194304-8388607", "8388608-9437188"], Ranges(server));
        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
    }

    [Theory]
    [InlineData(416, OciFault.RegistryRefused)]
    [InlineData(503, OciFault.RegistryUnavailable)]
    public async Task Registry_that_never_gets_further_is_given_up(int status, OciFault expected)
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = When(http => IsWhole(http) || http.Request.Method is "PATCH", http => http.SendStatus(IsWhole(http) ? 413 : status));

        var fault = await Assert.ThrowsAsync<OciException>(() => PushAsync(server));

        Assert.Equal(expected, fault.Fault);
        Assert.Equal(4, server.With("PATCH").Count());
    }
}
