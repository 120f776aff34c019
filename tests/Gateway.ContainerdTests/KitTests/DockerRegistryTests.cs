using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

public sealed class DockerRegistryTests(Nodes nodes)
{
    [Fact]
    public async Task Plain_registry_gives_back_what_was_pushed()
    {
        var registry = await nodes.RegistryAsync();
        var image = TestImage.Small(5);
        var name = nodes.NewName("given-back");
        Assert.Equal($"{registry.Host}/{name}:1", await registry.PushAsync($"{name}:1", image));

        using var manifest = await GetManifestAsync(registry, $"v2/{name}/manifests/1");
        Assert.Equal(image.Digest, manifest.Headers.GetValues("Docker-Content-Digest").Single());
        var blob = await registry.Client.GetByteArrayAsync($"v2/{name}/blobs/{image.Layers[0].Digest}");
        Assert.Equal(image.Layers[0].Bytes, blob);
    }

    [Fact]
    public async Task Index_is_pushed_with_all_it_holds()
    {
        var registry = await nodes.RegistryAsync();
        var name = nodes.NewName("index");
        var index = TestImage.Index(docker: true, ("linux/amd64", TestImage.Of([Layer.Of(Compression.Gzip, ("a", "a"))], docker: true)), ("linux/arm64", TestImage.Small(6)));
        await registry.PushAsync(name, index);
        foreach (var (digest, manifest) in index.Manifests)
        {
            using var answer = await GetManifestAsync(registry, $"v2/{name}/manifests/{digest}");
            Assert.Equal(manifest.Bytes, await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Basic_registry_takes_its_user_alone()
    {
        await using var registry = await DockerRegistry.StartWithBasicAsync("tester", "p:ss wörd");
        var right = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("tester:p:ss wörd")));
        await registry.PushAsync("acme/app", TestImage.Small(7), right);

        using var without = await registry.Client.GetAsync("v2/");
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Equal("Basic", without.Headers.WwwAuthenticate.Single().Scheme);
        var wrong = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("tester:wrong"u8));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(registry, wrong));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(registry, right));
    }

    [Fact]
    public async Task Tls_registry_is_trusted_by_its_own_authority_alone()
    {
        using var authority = new CertificateAuthority();
        using var other = new CertificateAuthority();
        await using var registry = await DockerRegistry.StartWithTlsAsync(authority);
        await registry.PushAsync("acme/app", TestImage.Small(8));

        Assert.Equal(0, (await CurlAsync(registry, "--cacert", authority.CertificateFile)).Exit);
        Assert.NotEqual(0, (await CurlAsync(registry, "--cacert", other.CertificateFile)).Exit);
        Assert.NotEqual(0, (await CurlAsync(registry)).Exit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Token_of_the_server_opens_the_registry_for_its_scope(bool rsa)
    {
        await using var tokens = await TokenAuthority.StartAsync(rsa);
        await using var registry = await DockerRegistry.StartWithTokensAsync(tokens);
        await registry.PushAsync("acme/app", TestImage.Small(9), new("Bearer", tokens.Issue("repository:acme/app:pull,push")));

        using var without = await registry.Client.GetAsync("v2/acme/app/manifests/latest");
        var challenge = without.Headers.WwwAuthenticate.Single();
        Assert.Equal("Bearer", challenge.Scheme);
        Assert.Contains($"realm=\"{tokens.Realm}\"", challenge.Parameter);
        Assert.Contains("scope=\"repository:acme/app:pull\"", challenge.Parameter);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(registry, new("Bearer", tokens.Issue("repository:acme/app:pull")), "v2/acme/app/tags/list"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(registry, new("Bearer", tokens.Issue("repository:acme/other:pull")), "v2/acme/app/tags/list"));
    }

    [Fact]
    public async Task Token_server_knows_both_flows_and_keeps_count()
    {
        await using var tokens = await TokenAuthority.StartAsync();
        using var client = new HttpClient();
        var query = $"?service={TokenAuthority.Service}&scope=repository:a:pull&scope=repository:b:pull";

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(tokens.Realm + query)).StatusCode);
        tokens.AnonymousPull = true;
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(tokens.Realm + query)).StatusCode);
        var (byPassword, token) = await PostAsync(new() { ["grant_type"] = "password", ["username"] = "tester", ["password"] = tokens.Users["tester"] });
        Assert.Equal((HttpStatusCode.OK, true), (byPassword, token is not null));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = tokens.RefreshToken })).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(new() { ["grant_type"] = "refresh_token", ["refresh_token"] = "stolen" })).Status);
        tokens.AllowsPost = false;
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(new() { ["grant_type"] = "password", ["username"] = "tester", ["password"] = tokens.Users["tester"] })).Status);

        Assert.Equal(["GET", "GET", "POST", "POST", "POST", "POST"], tokens.Seen.Select(request => request.Method));
        Assert.Equal(["repository:a:pull", "repository:b:pull"], tokens.Seen.First().Scopes);

        async Task<(HttpStatusCode Status, string? Token)> PostAsync(Dictionary<string, string> form)
        {
            form["service"] = TokenAuthority.Service;
            form["scope"] = "repository:a:pull repository:b:pull";
            using var answer = await client.PostAsync(tokens.Realm, new FormUrlEncodedContent(form));
            var text = await answer.Content.ReadAsStringAsync();
            return (answer.StatusCode, text.Length is 0 ? null : (string?)JsonNode.Parse(text)!["access_token"]);
        }
    }

    private static async Task<HttpResponseMessage> GetManifestAsync(DockerRegistry registry, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json");
        return (await registry.Client.SendAsync(request)).EnsureSuccessStatusCode();
    }

    private static async Task<HttpStatusCode> StatusAsync(DockerRegistry registry, AuthenticationHeaderValue authorization, string path = "v2/")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = authorization;
        using var answer = await registry.Client.SendAsync(request);
        return answer.StatusCode;
    }

    private static Task<(int Exit, string Output)> CurlAsync(DockerRegistry registry, params string[] options) =>
        ChildProcess.TryRunAsync("curl", ["--silent", "--show-error", "--fail", .. options, $"https://{registry.Host}/v2/"]);
}
