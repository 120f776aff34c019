using System.Net;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Oci.Registry;

public sealed class ResolveTests : IDisposable
{
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private async Task<OciException> FailAsync(ScriptedServer server) =>
        await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority).ResolveAsync(CancellationToken.None));

    [Theory]
    [InlineData("Docker-Content-Digest")]
    [InlineData("Content-Type")]
    public async Task Head_that_leaves_something_out_is_followed_by_get(string missing)
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            if (HttpMethods.IsHead(context.Request.Method))
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.Remove(missing);
                    return Task.CompletedTask;
                });
            }

            await context.SendManifest();
        });

        Assert.Equal(Answers.Manifest, await trial.Open(server.Authority).ResolveAsync(CancellationToken.None));
        Assert.Equal(["HEAD", "GET"], server.Seen.Select(r => r.Method));
    }

    [Fact]
    public async Task Head_that_is_not_allowed_is_followed_by_get()
    {
        await using var server = await ScriptedServer.StartAsync(context => HttpMethods.IsHead(context.Request.Method) ? context.SendStatus(405) : context.SendManifest());

        Assert.Equal(Answers.Manifest, await trial.Open(server.Authority).ResolveAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(401, OciFault.RegistryUnauthorized, 1)]
    [InlineData(403, OciFault.RegistryForbidden, 1)]
    [InlineData(404, OciFault.ImageNotFound, 1)]
    [InlineData(429, OciFault.RegistryRateLimited, 3)]
    [InlineData(500, OciFault.RegistryUnavailable, 3)]
    [InlineData(418, OciFault.RegistryUnavailable, 1)]
    public async Task Status_decides_fault_and_tries(int status, OciFault expected, int tries)
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(status));

        var failed = await FailAsync(server);
        Assert.Equal((expected, tries is 1), (failed.Fault, failed.IsFinal));
        Assert.Equal(tries, server.Seen.Count);
    }

    [Fact]
    public async Task Unknown_tag_is_told_in_plain_words()
    {
        await using var server = await ScriptedServer.StartAsync();

        Assert.Equal($"cannot resolve {server.Authority}/acme/app:1: the registry does not know this tag", (await FailAsync(server)).Message);
    }

    [Fact]
    public async Task Retry_after_is_sat_out()
    {
        var time = new WatchedTime();
        await using var server = await ScriptedServer.StartAsync();
        server.Script = context => server.Seen.Count is 1 ? context.SendStatus(429, "", ("Retry-After", "17")) : context.SendManifest();

        var resolving = trial.Open(server.Authority, time: time).ResolveAsync(CancellationToken.None);
        await time.Waiting(TimeSpan.FromSeconds(17));
        time.Advance(TimeSpan.FromSeconds(17));

        Assert.Equal(Answers.Manifest, await resolving);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("99999999", 900)]
    public async Task Retry_after_beyond_patience_is_handed_on(string header, int seconds)
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(429, "", ("Retry-After", header)));

        Assert.Equal(TimeSpan.FromSeconds(seconds), (await FailAsync(server)).RetryAfter);
        Assert.Single(server.Seen);
    }

    [Theory]
    [InlineData(4 * 1024 * 1024 + 1, OciFault.ManifestTooLarge)]
    [InlineData(0, OciFault.ManifestInvalid)]
    public async Task Manifest_of_an_impossible_size_is_refused(int size, OciFault expected)
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.ContentType = MediaTypes.OciManifest;
            context.Response.ContentLength = size;
            context.Response.Headers["Docker-Content-Digest"] = Answers.Manifest.Digest.ToString();
            return Task.CompletedTask;
        });

        Assert.Equal(expected, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Endless_manifest_is_cut_at_its_bound()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            context.Response.ContentType = MediaTypes.OciManifest;
            for (var i = 0; i < 80 && HttpMethods.IsGet(context.Request.Method); i++)
            {
                await context.Response.Body.WriteAsync(new byte[64 * 1024]);
            }
        });

        Assert.Equal(OciFault.ManifestTooLarge, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Registry_that_answers_another_digest_is_refused()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendManifest());
        var reference = ImageReference.Parse($"{server.Authority}/acme/app@{Digest.Of([1])}");

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Client().Open(reference, null).ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.DigestMismatch, fault.Fault);
    }

    [Theory]
    [InlineData("{\"schemaVersion\":3}")]
    [InlineData("{\"schemaVersion\":2} ")]
    [InlineData("{")]
    public async Task Document_that_is_not_the_promised_one_is_refused(string sent)
    {
        await using var server = await ScriptedServer.StartAsync(context => context.Response.WriteAsync(sent));

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority).FetchDocumentAsync(Answers.Manifest, CancellationToken.None));

        Assert.Equal(OciFault.DigestMismatch, fault.Fault);
    }

    [Fact]
    public async Task Oversize_document_is_refused_without_a_request()
    {
        await using var server = await ScriptedServer.StartAsync();

        var fault = await Assert.ThrowsAsync<OciException>(() =>
            trial.Open(server.Authority).FetchDocumentAsync(Answers.Manifest with { Size = 4 * 1024 * 1024 + 1 }, CancellationToken.None));

        Assert.Equal(OciFault.ManifestTooLarge, fault.Fault);
        Assert.Empty(server.Seen);
    }

    [Fact]
    public async Task Error_body_is_shown_masked_and_escaped()
    {
        const string Secret = "canary-77aa01";
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(
            HttpMethods.IsHead(context.Request.Method) ? 405 : 403, $$"""{"errors":[{"code":"DENIED","message":"no\u001b[31m {{Secret}} for ?sig=abcdef"}]}"""));

        var fault = await Assert.ThrowsAsync<OciException>(() =>
            trial.Open(server.Authority, new RegistryCredentials { RegistryToken = Secret }).ResolveAsync(CancellationToken.None));

        Assert.EndsWith("the registry forbids it (DENIED: no\\u001b[31m *** for ?sig=***)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_of_the_operators_that_a_host_quotes_is_masked()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendStatus(
            HttpMethods.IsHead(context.Request.Method) ? 405 : 403, $$"""{"errors":[{"code":"DENIED","message":"no {{context.Request.Headers["X-Mirror"]}}, no 5f2b9d6c1a7e4038"}]}"""));
        trial.Configure(server.Authority, """
            [header]
            X-Mirror = "Key 5f2b9d6c1a7e4038"
            """);

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority).ResolveAsync(CancellationToken.None));

        Assert.EndsWith("the registry forbids it (DENIED: no ***, no ***)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_that_is_rebound_to_a_private_address_is_never_dialled()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendManifest());
        var asked = 0;
        var client = trial.Client(
            resolve: (_, _) => Task.FromResult<IPAddress[]>(Interlocked.Increment(ref asked) is 1 ? [IPAddress.Parse("203.0.113.9"), IPAddress.Loopback] : [IPAddress.Loopback]));
        trial.Configure("reg.test", $"server = \"http://reg.test:{server.Port}\"");

        for (var i = 0; i < 2; i++)
        {
            var fault = await Assert.ThrowsAsync<OciException>(() => client.Open(ImageReference.Parse("reg.test/acme/app:1"), null).ResolveAsync(CancellationToken.None));
            Assert.Equal(OciFault.EgressDenied, fault.Fault);
        }

        Assert.Equal(2, asked);
        Assert.Empty(server.Seen);
    }

    [Fact]
    public async Task Name_that_the_operator_allows_is_dialled_at_the_judged_address()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendManifest());
        trial.Configure("reg.test", $"server = \"http://reg.test:{server.Port}\"");
        var client = trial.Client(egress: new EgressPolicy([$"reg.test:{server.Port}"]), resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        Assert.Equal(Answers.Manifest, await client.Open(ImageReference.Parse("reg.test/acme/app:1"), null).ResolveAsync(CancellationToken.None));
    }
}
