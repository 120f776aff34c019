using System.Text;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Oci.Registry;

public sealed class AuthenticationTests : IDisposable
{
    private const string Canary = "canary-5f2b9d6c1a7e4038";
    private static readonly RegistryCredentials Password = new() { Username = "ann", Password = Canary };
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private static Task Challenge(HttpContext context, string challenge) => context.SendStatus(401, "", ("WWW-Authenticate", challenge));

    /// <summary>A registry with its token server: <paramref name="token"/> answers the token path, tokens in <paramref name="good"/> open the door.</summary>
    private static async Task<ScriptedServer> WithTokens(RequestDelegate token, Func<string, bool> good, string realmPath = "/token")
    {
        var server = await ScriptedServer.StartAsync();
        server.Script = context => context.Request.Path == "/token" ? token(context)
            : context.Request.Headers.Authorization.ToString() is var sent && sent.StartsWith("Bearer ", StringComparison.Ordinal) && good(sent[7..]) ? context.SendManifest()
            : Challenge(context, $"Bearer realm=\"{server.Url}{realmPath}\",service=\"reg & co\",scope=\"repository:acme/app:pull\"");
        return server;
    }

    [Fact]
    public async Task Basic_challenge_is_answered_with_user_and_password()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
            context.Request.Headers.Authorization.Count is 0 ? Challenge(context, "Basic realm=\"here\"") : context.SendManifest());

        Assert.Equal(Answers.Manifest, await trial.Open(server.Authority, Password).ResolveAsync(CancellationToken.None));

        Assert.Null(server.Seen[0].Authorization);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"ann:{Canary}")), server.Seen[1].Authorization);
    }

    [Theory]
    [InlineData("Basic realm=\"here\"")]
    [InlineData("Digest realm=\"here\"")]
    [InlineData("")]
    public async Task Challenge_that_cannot_be_answered_is_unauthorized_at_once(string challenge)
    {
        await using var server = await ScriptedServer.StartAsync(context => Challenge(context, challenge));

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority).ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.RegistryUnauthorized, fault.Fault);
        Assert.Single(server.Seen);
    }

    [Fact]
    public async Task Wrong_password_is_sent_once()
    {
        await using var server = await ScriptedServer.StartAsync(context => Challenge(context, "Basic realm=\"here\""));

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority, Password).ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.RegistryUnauthorized, fault.Fault);
        Assert.Equal(2, server.Seen.Count);
        Assert.DoesNotContain(Canary, fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_is_posted_to_the_token_server()
    {
        await using var server = await WithTokens(context => context.Response.WriteAsync("""{"access_token":"tok1","expires_in":300}"""), token => token is "tok1");

        await trial.Open(server.Authority, Password).ResolveAsync(CancellationToken.None);

        var post = server.Seen[1];
        Assert.Equal(("POST", "/token"), (post.Method, post.PathAndQuery));
        Assert.Equal($"grant_type=password&username=ann&password={Canary}&client_id=gateway&scope=repository%3Aacme%2Fapp%3Apull&service=reg+%26+co", post.Body);
        Assert.Null(post.Authorization);
        Assert.Equal("Bearer tok1", server.Seen[2].Authorization);
    }

    [Fact]
    public async Task Identity_token_is_posted_as_refresh_token()
    {
        await using var server = await WithTokens(context => context.Response.WriteAsync("""{"access_token":"tok1"}"""), token => token is "tok1");

        await trial.Open(server.Authority, new RegistryCredentials { IdentityToken = Canary }).ResolveAsync(CancellationToken.None);

        Assert.StartsWith($"grant_type=refresh_token&refresh_token={Canary}&", server.Seen[1].Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(405)]
    public async Task Token_server_without_oauth_is_asked_the_older_way(int status)
    {
        await using var server = await WithTokens(
            context => HttpMethods.IsPost(context.Request.Method) ? context.SendStatus(status) : context.Response.WriteAsync("""{"token":"tok2"}"""), token => token is "tok2");

        await trial.Open(server.Authority, Password).ResolveAsync(CancellationToken.None);

        var get = server.Seen[2];
        Assert.Equal("/token?service=reg%20%26%20co&scope=repository%3Aacme%2Fapp%3Apull", get.PathAndQuery);
        Assert.StartsWith("Basic ", get.Authorization, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anonymous_token_is_fetched_by_get_and_used_for_what_follows()
    {
        await using var server = await WithTokens(context => context.Response.WriteAsync("""{"token":"anon"}"""), token => token is "anon");
        var repository = trial.Open(server.Authority);

        var found = await repository.ResolveAsync(CancellationToken.None);
        await repository.FetchDocumentAsync(found, CancellationToken.None);

        Assert.Equal(["HEAD", "GET", "HEAD", "GET"], server.Seen.Select(r => r.Method));
        Assert.Null(server.Seen[1].Authorization);
        Assert.Equal("Bearer anon", server.Seen[3].Authorization);
    }

    [Fact]
    public async Task Realm_with_a_query_keeps_it()
    {
        await using var server = await WithTokens(context => context.Response.WriteAsync("""{"token":"anon"}"""), token => token is "anon", "/token?tenant=7");

        await trial.Open(server.Authority).ResolveAsync(CancellationToken.None);

        Assert.StartsWith("/token?tenant=7&service=", server.Seen[1].PathAndQuery, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_token_is_renewed_before_the_next_request()
    {
        var time = new WatchedTime();
        var issued = 0;
        await using var server = await WithTokens(
            context => context.Response.WriteAsync($$"""{"token":"tok{{Interlocked.Increment(ref issued)}}","expires_in":100}"""), _ => true);
        var repository = trial.Open(server.Authority, time: time);

        await repository.ResolveAsync(CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(89));
        await repository.ResolveAsync(CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(2));
        await repository.ResolveAsync(CancellationToken.None);

        Assert.Equal(["Bearer tok1", "Bearer tok1", "Bearer tok2"], server.Seen.Select(r => r.Authorization).Where(a => a is not null));
    }

    [Fact]
    public async Task Refused_fresh_token_is_fetched_once_more_then_it_is_unauthorized()
    {
        var issued = 0;
        await using var server = await WithTokens(context => context.Response.WriteAsync($$"""{"token":"tok{{Interlocked.Increment(ref issued)}}"}"""), _ => false);

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority).ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.RegistryUnauthorized, fault.Fault);
        Assert.Equal(2, issued);
        Assert.Equal([null, "Bearer tok1", "Bearer tok2"], server.Seen.Where(r => r.Method is "HEAD").Select(r => r.Authorization));
    }

    [Fact]
    public async Task Parallel_requests_share_one_token_fetch()
    {
        var allStarted = new TaskCompletionSource();
        await using var server = await WithTokens(
            async context =>
            {
                await allStarted.Task;
                await context.Response.WriteAsync("""{"token":"anon"}""");
            },
            token => token is "anon");
        var repository = trial.Open(server.Authority);

        var requests = Enumerable.Range(0, 8).Select(_ => repository.ResolveAsync(CancellationToken.None)).ToList();
        allStarted.SetResult();
        await Task.WhenAll(requests);

        Assert.Single(server.Seen, r => r.PathAndQuery.StartsWith("/token", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Repositories_of_different_callers_never_share_a_token()
    {
        await using var server = await WithTokens(
            context => context.Response.WriteAsync($$"""{"token":"for-{{(HttpMethods.IsPost(context.Request.Method) ? "ann" : "anyone")}}"}"""), _ => true);
        var client = trial.Client();
        var reference = ImageReference.Parse($"{server.Authority}/acme/app:1");

        await client.Open(reference, Password).ResolveAsync(CancellationToken.None);
        await client.Open(reference, credentials: null).ResolveAsync(CancellationToken.None);

        Assert.Equal("Bearer for-anyone", server.Seen[^1].Authorization);
    }

    [Fact]
    public async Task Registry_token_is_sent_as_it_is()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendManifest());

        await trial.Open(server.Authority, new RegistryCredentials { RegistryToken = "as-it-is" }).ResolveAsync(CancellationToken.None);

        Assert.Equal("Bearer as-it-is", Assert.Single(server.Seen).Authorization);
    }

    [Theory]
    [InlineData(400, "", OciFault.RegistryUnauthorized)]
    [InlineData(403, "{}", OciFault.RegistryUnauthorized)]
    [InlineData(404, "", OciFault.RegistryUnauthorized)]
    [InlineData(200, "{}", OciFault.RegistryUnavailable)]
    [InlineData(200, "[]", OciFault.RegistryUnavailable)]
    [InlineData(200, "not json", OciFault.RegistryUnavailable)]
    [InlineData(200, """{"token":""}""", OciFault.RegistryUnavailable)]
    [InlineData(200, """{"token":"a\r\nX-Injected: 1"}""", OciFault.RegistryUnavailable)]
    [InlineData(503, "", OciFault.RegistryUnavailable)]
    [InlineData(429, "", OciFault.RegistryRateLimited)]
    [InlineData(302, "", OciFault.EgressDenied)]
    public async Task Token_server_that_gives_no_token_ends_the_request(int status, string body, OciFault expected)
    {
        await using var server = await WithTokens(context => context.SendStatus(status, body, ("Location", "/elsewhere")), _ => true);

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority).ResolveAsync(CancellationToken.None));

        Assert.Equal(expected, fault.Fault);
        Assert.DoesNotContain(server.Seen, r => r.PathAndQuery.StartsWith("/elsewhere", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Token_server_that_stays_unavailable_is_asked_as_often_as_any_and_is_no_failure_of_the_registry()
    {
        await using var server = await WithTokens(context => context.SendStatus(503), _ => true);
        await using var registry = await ScriptedServer.StartAsync(context => Challenge(context, $"Bearer realm=\"{server.Url}/token\""));
        var client = trial.Client(attempts: HostCircuits.LeastTries - 1);

        for (var request = 1; request <= HostCircuits.LeastTries; request++)
        {
            var fault = await Assert.ThrowsAsync<OciException>(() => client.Open(ImageReference.Parse($"{registry.Authority}/acme/app:1"), Password).ResolveAsync(CancellationToken.None));

            Assert.Equal((OciFault.RegistryUnavailable, false), (fault.Fault, fault.IsFinal));
            Assert.Equal(request, registry.Seen.Count);
            Assert.Equal(Math.Min(HostCircuits.LeastTries, request * (HostCircuits.LeastTries - 1)), server.Seen.Count);
        }
    }

    [Fact]
    public async Task Token_answer_over_its_bound_is_refused()
    {
        await using var server = await WithTokens(context => context.Response.WriteAsync($$"""{"pad":"{{new string('x', 70_000)}}","token":"t"}"""), _ => true);

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority).ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.RegistryUnavailable, fault.Fault);
    }

    [Fact]
    public async Task Realm_elsewhere_never_sees_the_password()
    {
        await using var server = await ScriptedServer.StartAsync(context => Challenge(context, "Bearer realm=\"https://thief.test/token\",service=\"s\""));

        var fault = await Assert.ThrowsAsync<OciException>(() => trial.Open(server.Authority, Password).ResolveAsync(CancellationToken.None));

        Assert.Equal(OciFault.EgressDenied, fault.Fault);
        Assert.Contains("thief.test", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Seen, r => r.Everything.Contains(Canary, StringComparison.Ordinal));
    }
}
