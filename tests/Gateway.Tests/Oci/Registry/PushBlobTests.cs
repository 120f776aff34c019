using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Tests.Oci.Registry;

public sealed class PushBlobTests : IDisposable
{
    private const string Canary = "canary-7be02f4419d6ac53";
    private static readonly (Descriptor Descriptor, string Text) Blob = UploadServer.BlobOf(50_000);
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private Task<BlobOutcome> PushAsync(UploadServer server, RegistryCredentials? credentials = null, string? mountFrom = null, Action<long>? sent = null) =>
        trial.OpenForPush(server.Server.Authority, credentials).PushBlobAsync(Blob.Descriptor, UploadServer.SourceOf(Blob.Text), mountFrom, sent ?? (_ => { }), CancellationToken.None);

    private static string Escaped => Uri.EscapeDataString(Blob.Descriptor.Digest.ToString());

    [Fact]
    public async Task Blob_is_put_whole_with_its_length_where_the_registry_said()
    {
        await using var server = await UploadServer.StartAsync();
        long told = 0;

        Assert.Equal(BlobOutcome.Uploaded, await PushAsync(server, sent: bytes => told = bytes));

        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
        Assert.Equal(["HEAD", "POST", "PUT"], server.Methods);
        Assert.Equal($"/v2/acme/app/blobs/uploads/", server.Seen[1].PathAndQuery);
        Assert.Equal("0", server.Seen[1].Headers["Content-Length"]);
        Assert.Equal($"/up/1?state=a%2Fb&digest={Escaped}", server.Seen[2].PathAndQuery);
        Assert.Equal("50000", server.Seen[2].Headers["Content-Length"]);
        Assert.Equal("application/octet-stream", server.Seen[2].Headers["Content-Type"]);
        Assert.DoesNotContain("Content-Range", server.Seen[2].Headers.Keys);
        Assert.Equal(50_000, told);
    }

    [Fact]
    public async Task Blob_that_is_there_is_not_sent()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = async http =>
        {
            await http.SendStatus(200);
            return true;
        };

        Assert.Equal(BlobOutcome.Existed, await PushAsync(server));

        Assert.Equal(["HEAD"], server.Methods);
    }

    [Theory]
    [InlineData("up/7", "/v2/acme/app/blobs/uploads/up/7?digest=")]
    [InlineData("/elsewhere/7", "/elsewhere/7?digest=")]
    [InlineData("/elsewhere/7?_state=x%3D%3D", "/elsewhere/7?_state=x%3D%3D&digest=")]
    [InlineData("{self}/absolute/7?a=1&b=2", "/absolute/7?a=1&b=2&digest=")]
    public async Task Location_may_be_relative_or_absolute_and_keeps_its_query(string location, string expected)
    {
        await using var server = await UploadServer.StartAsync();
        server.Location = location.Replace("{self}", server.Server.Url, StringComparison.Ordinal);

        await PushAsync(server);

        Assert.Equal(expected + Escaped, server.Seen[^1].PathAndQuery);
    }

    [Fact]
    public async Task Location_on_another_host_sees_no_credentials_and_no_configured_headers()
    {
        await using var storage = await UploadServer.StartAsync();
        await using var server = await UploadServer.StartAsync();
        server.Location = storage.Server.Url + "/bucket/1?sig=abc";
        trial.Configure(server.Server.Authority, $"""
            [header]
            X-Canary = "{Canary}"
            """);

        await PushAsync(server, new RegistryCredentials { RegistryToken = Canary });

        Assert.Equal($"Bearer {Canary}", server.Seen[^1].Authorization);
        var put = Assert.Single(storage.Seen);
        Assert.Equal($"/bucket/1?sig=abc&digest={Escaped}", put.PathAndQuery);
        Assert.DoesNotContain(Canary, put.Everything, StringComparison.Ordinal);
        Assert.Equal(Blob.Text, put.Body);
    }

    [Theory]
    [InlineData("ftp://storage.test/1")]
    [InlineData("http://user:pw@storage.test/1")]
    [InlineData("http://10.0.0.1/1")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    public async Task Location_that_may_not_be_reached_is_refused(string location)
    {
        await using var server = await UploadServer.StartAsync();
        server.Location = location;

        var fault = await Assert.ThrowsAsync<OciException>(() => PushAsync(server));

        Assert.Equal(OciFault.EgressDenied, fault.Fault);
    }

    [Fact]
    public async Task Answer_without_location_is_a_fault_of_the_registry()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = async http =>
        {
            await http.SendStatus(http.Request.Method is "POST" ? 202 : 404);
            return true;
        };

        Assert.Equal(OciFault.RegistryUnavailable, (await Assert.ThrowsAsync<OciException>(() => PushAsync(server))).Fault);
    }

    [Theory]
    [InlineData(307, true)]
    [InlineData(308, true)]
    [InlineData(301, false)]
    [InlineData(302, false)]
    [InlineData(303, false)]
    public async Task Redirect_of_a_put_is_followed_where_it_keeps_the_body(int status, bool arrives)
    {
        await using var storage = await UploadServer.StartAsync();
        await using var server = await UploadServer.StartAsync();
        server.Instead = async http =>
        {
            await (http.Request.Method is "PUT" ? http.SendStatus(status, "", ("Location", $"{storage.Server.Url}/moved?digest=x")) : Task.CompletedTask);
            return http.Request.Method is "PUT";
        };

        var pushing = PushAsync(server, new RegistryCredentials { RegistryToken = Canary });

        if (arrives)
        {
            Assert.Equal(BlobOutcome.Uploaded, await pushing);
            Assert.Equal(Blob.Text, Assert.Single(storage.Seen).Body);
            Assert.Null(storage.Seen[0].Authorization);
        }
        else
        {
            Assert.Equal(OciFault.RegistryUnavailable, (await Assert.ThrowsAsync<OciException>(() => pushing)).Fault);
            Assert.Empty(storage.Seen);
        }
    }

    [Fact]
    public async Task Mounted_blob_is_not_sent()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = async http =>
        {
            await (http.Request.Method is "POST" ? http.SendStatus(201) : Task.CompletedTask);
            return http.Request.Method is "POST";
        };

        Assert.Equal(BlobOutcome.Mounted, await PushAsync(server, mountFrom: "acme/base"));

        Assert.Equal(["HEAD", "POST"], server.Methods);
        Assert.Equal($"/v2/acme/app/blobs/uploads/?mount={Escaped}&from=acme%2Fbase", server.Seen[1].PathAndQuery);
    }

    [Fact]
    public async Task Registry_that_does_not_mount_takes_the_upload_it_began()
    {
        await using var server = await UploadServer.StartAsync();

        Assert.Equal(BlobOutcome.Uploaded, await PushAsync(server, mountFrom: "acme/base"));

        Assert.Equal(["HEAD", "POST", "PUT"], server.Methods);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    public async Task Mount_that_is_refused_becomes_an_upload(int status)
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = async http =>
        {
            var isMount = http.Request.Query.ContainsKey("mount");
            await (isMount ? http.SendStatus(status) : Task.CompletedTask);
            return isMount;
        };

        Assert.Equal(BlobOutcome.Uploaded, await PushAsync(server, mountFrom: "acme/base"));

        Assert.Equal(["/v2/acme/app/blobs/uploads/"], server.With("POST").Select(post => post.PathAndQuery).Where(path => !path.Contains("mount", StringComparison.Ordinal)));
        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
    }
}
