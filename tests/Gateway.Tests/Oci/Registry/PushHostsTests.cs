using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Oci.Registry;

/// <summary>To which host a push goes, and what its tokens allow.</summary>
public sealed class PushHostsTests : IDisposable
{
    private const string Canary = "canary-2d6f80b1c5e94a37";
    private static readonly (Descriptor Descriptor, string Text) Blob = UploadServer.BlobOf(100);
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private static Task<BlobOutcome> PushAsync(PushRepository repository, string? mountFrom = null) =>
        repository.PushBlobAsync(Blob.Descriptor, UploadServer.SourceOf(Blob.Text), mountFrom, _ => { }, CancellationToken.None);

    /// <summary>Gives tokens for whatever is asked, and notes the scopes; a scope that holds <paramref name="refused"/> gets none.</summary>
    private static void AskForTokens(UploadServer server, string refused = "nothing") => server.Instead = async http =>
    {
        if (http.Request.Path == "/token")
        {
            var scopes = http.Request.Query["scope"].ToString();
            await (scopes.Contains(refused, StringComparison.Ordinal) ? http.SendStatus(403) : http.Response.WriteAsync($$"""{"token":"{{scopes.Replace(' ', '_')}}"}"""));
            return true;
        }

        if (http.Request.Headers.Authorization.Count > 0)
        {
            return false;
        }

        var actions = http.Request.Method is "HEAD" ? "pull" : "pull,push";
        await http.SendStatus(401, "", ("WWW-Authenticate", $"Bearer realm=\"{server.Server.Url}/token\",service=\"s\",scope=\"repository:acme/app:{actions}\""));
        return true;
    };

    private static IEnumerable<string> Scopes(UploadServer server) =>
        server.Seen.Where(seen => seen.PathAndQuery.StartsWith("/token", StringComparison.Ordinal)).Select(seen => Uri.UnescapeDataString(seen.PathAndQuery["/token?service=s&".Length..]));

    [Fact]
    public async Task Push_asks_for_one_token_that_allows_pull_and_push()
    {
        await using var server = await UploadServer.StartAsync();
        AskForTokens(server);
        var repository = trial.OpenForPush(server.Server.Authority);

        await PushAsync(repository);
        await repository.PushManifestAsync(Answers.Manifest, Answers.ManifestBytes, "1", CancellationToken.None);

        Assert.Equal(["scope=repository:acme/app:pull,push"], Scopes(server));
    }

    [Fact]
    public async Task Mount_asks_for_a_token_of_both_repositories_and_nothing_else_does()
    {
        await using var server = await UploadServer.StartAsync();
        AskForTokens(server);
        var repository = trial.OpenForPush(server.Server.Authority);

        await PushAsync(repository, mountFrom: "acme/base");
        await repository.PushManifestAsync(Answers.Manifest, Answers.ManifestBytes, "1", CancellationToken.None);

        Assert.Equal(["scope=repository:acme/app:pull,push", "scope=repository:acme/app:pull,push&scope=repository:acme/base:pull"], Scopes(server));
        Assert.Equal("Bearer repository:acme/app:pull,push", server.Seen[^1].Authorization);
    }

    [Fact]
    public async Task Mount_without_a_token_for_it_becomes_an_upload()
    {
        await using var server = await UploadServer.StartAsync();
        AskForTokens(server, refused: "acme/base");

        Assert.Equal(BlobOutcome.Uploaded, await PushAsync(trial.OpenForPush(server.Server.Authority), mountFrom: "acme/base"));

        Assert.Equal("/v2/acme/app/blobs/uploads/", server.With("POST").Single().PathAndQuery);
    }

    [Fact]
    public async Task Mirror_without_the_push_capability_is_not_pushed_to()
    {
        await using var mirror = await UploadServer.StartAsync();
        await using var server = await UploadServer.StartAsync();
        trial.Configure(server.Server.Authority, $"""
            server = "{server.Server.Url}"
            [host."{mirror.Server.Url}"]
            capabilities = ["pull", "resolve"]
            """);

        await PushAsync(trial.OpenForPush(server.Server.Authority));

        Assert.Empty(mirror.Seen);
        Assert.Single(server.Stored);
    }

    [Fact]
    public async Task Host_with_the_push_capability_is_pushed_to_without_the_callers_credentials()
    {
        await using var other = await UploadServer.StartAsync();
        await using var server = await UploadServer.StartAsync();
        trial.Configure(server.Server.Authority, $"""
            server = "{server.Server.Url}"
            [host."{other.Server.Url}"]
            capabilities = ["pull", "push"]
            """);

        await PushAsync(trial.OpenForPush(server.Server.Authority, new RegistryCredentials { RegistryToken = Canary }), mountFrom: "acme/base");

        Assert.Empty(server.Seen);
        Assert.Single(other.Stored);
        Assert.DoesNotContain(other.Seen, seen => seen.Everything.Contains(Canary, StringComparison.Ordinal));
        Assert.EndsWith($"&from=acme%2Fbase&ns={Uri.EscapeDataString(server.Server.Authority)}", other.Seen[1].PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_that_allows_no_push_is_told()
    {
        await using var server = await UploadServer.StartAsync();
        trial.Configure(server.Server.Authority, $"""
            server = "{server.Server.Url}"
            capabilities = ["pull", "resolve"]
            """);

        Assert.Equal(OciFault.RegistryConfigurationInvalid, Assert.Throws<OciException>(() => trial.OpenForPush(server.Server.Authority)).Fault);
        Assert.Empty(server.Seen);
    }
}
