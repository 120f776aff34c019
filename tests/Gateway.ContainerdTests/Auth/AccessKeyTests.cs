using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Auth;

/// <summary>Keys that are made, used, rotated and deleted over the API.</summary>
public sealed class AccessKeyTests(GuardedGateway guarded) : IClassFixture<GuardedGateway>
{
    private const string Keys = "/v1/access/keys";
    private const string Images = "/v1/namespaces/team-a/images";

    private static readonly object[] Reads = [new { permissions = new[] { "images:read" }, namespaces = new[] { "team-*" } }];

    private GatewayApi Admin => guarded.Gateway.Api;

    [Fact]
    public async Task Key_is_shown_once_and_works_until_it_is_deleted()
    {
        var made = await Admin.PostAsync(Keys, new { name = "portal", grants = Reads });
        Assert.True(made.Status is HttpStatusCode.Created, made.Text);
        var (id, key) = ((string)made.Json["id"]!, (string)made.Json["key"]!);
        Assert.Equal($"{Keys}/{id}", made.Headers.Location!.ToString());
        using var api = guarded.With(key);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await api.GetAsync(Images)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await api.GetAsync("/v1/namespaces/other/images")).Status);
        Assert.Equal($"key:{id}", (string?)(await api.GetAsync("/v1/access/me")).Json["subject"]);

        var shown = await Admin.GetAsync($"{Keys}/{id}");
        Assert.Null(shown.Json["key"]);
        Assert.NotNull(shown.Json["lastUsedAt"]);
        var all = await Admin.GetAsync(Keys);
        Assert.Contains(id, all.Text);
        Assert.DoesNotContain(SecretOf(key), all.Text);
        Assert.Equal(HttpStatusCode.NoContent, (await Admin.SendAsync(HttpMethod.Delete, $"{Keys}/{id}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await api.GetAsync(Images)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Admin.SendAsync(HttpMethod.Delete, $"{Keys}/{id}")).Status);
    }

    [Fact]
    public async Task Key_outlives_the_process_and_its_secret_is_in_no_file()
    {
        await using var gateway = await GatewayProcess.StartAsync("/nonexistent");
        var key = (string)(await gateway.Api.PostAsync(Keys, new { name = "kept", grants = Reads })).Json["key"]!;
        await gateway.KillAsync();
        await gateway.StartAsync();
        using var api = new GatewayApi(gateway.Url, key);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await api.GetAsync(Images)).Status);
        // By grep: .NET locks what it reads, and the gateway has its files locked.
        Assert.Equal((1, ""), await ChildProcess.TryRunAsync("grep", "--recursive", "--files-with-matches", "--fixed-strings", "-e", SecretOf(key), gateway.Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(gateway.Folder, "access.json")));
    }

    [Fact]
    public async Task Rotation_replaces_the_secret_at_once_or_after_a_while()
    {
        var made = (await Admin.PostAsync(Keys, new { name = "rotated", grants = Reads })).Json;
        var path = $"{Keys}/{made["id"]}/rotate";
        var second = (await Admin.PostAsync(path, new { overlap = "1h" })).Json;
        Assert.NotNull(second["replacedSecretEndsAt"]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(made["key"]!));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(second["key"]!));

        var third = (await Admin.PostAsync(path, new { })).Json;
        Assert.Null(third["replacedSecretEndsAt"]);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(made["key"]!));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(second["key"]!));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(third["key"]!));
    }

    [Fact]
    public async Task Key_ends_when_it_expires()
    {
        var made = (await Admin.PostAsync(Keys, new { name = "short", grants = Reads, expiresAt = DateTimeOffset.UtcNow.AddSeconds(3) })).Json;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(made["key"]!));
        await Wait.UntilAsync(async () => await StatusAsync(made["key"]!) is HttpStatusCode.Unauthorized, "the key ends");
    }

    [Fact]
    public async Task Key_of_the_configuration_is_shown_and_changed_only_there()
    {
        var shown = await Admin.GetAsync($"{Keys}/reader");
        Assert.True((bool)shown.Json["configured"]!);
        Assert.DoesNotContain(GuardedGateway.HashOf(GuardedGateway.Secret), shown.Text);
        Assert.Equal("conflict", (await Admin.SendAsync(HttpMethod.Delete, $"{Keys}/reader")).Code);
        Assert.Equal("conflict", (await Admin.PostAsync($"{Keys}/reader/rotate", new { })).Code);
    }

    [Fact]
    public async Task Admin_of_some_namespaces_grants_nothing()
    {
        var made = (await Admin.PostAsync(Keys, new { name = "lead", grants = new[] { new { permissions = new[] { "admin" }, namespaces = new[] { "team-*" } } } })).Json;
        using var lead = guarded.With((string)made["key"]!);
        var all = new[] { new { permissions = new[] { "admin" }, namespaces = new[] { "*" } } };
        Assert.Equal("forbidden", (await lead.PostAsync(Keys, new { name = "more", grants = all })).Code);
        Assert.Equal("forbidden", (await lead.PostAsync($"{Keys}/{made["id"]}/rotate", new { })).Code);
        Assert.Equal("forbidden", (await lead.PostAsync("/v1/access/grants", new { subject = $"key:{made["id"]}", all[0].permissions, all[0].namespaces })).Code);
        Assert.Equal("forbidden", (await lead.GetAsync(Keys)).Code);
    }

    [Theory]
    [InlineData("""{"name": "a", "grants": []}""", "grants")]
    [InlineData("""{"name": "a", "grants": [null]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": [null], "namespaces": ["a"]}]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": ["images:read"], "namespaces": [null]}]}""", "grants[0]")]
    [InlineData("""{"name": "", "grants": [{"permissions": ["images:read"], "namespaces": ["a"]}]}""", "name")]
    [InlineData("""{"name": "a\nb", "grants": [{"permissions": ["images:read"], "namespaces": ["a"]}]}""", "name")]
    [InlineData("""{"name": "a", "grants": [{"permissions": [], "namespaces": ["a"]}]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": ["images:read"], "namespaces": []}]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": ["images:fly"], "namespaces": ["a"]}]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": ["Admin"], "namespaces": ["a"]}]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": ["images:read"], "namespaces": ["*a"]}]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": ["images:read"], "namespaces": ["a/*"]}]}""", "grants[0]")]
    [InlineData("""{"name": "a", "grants": [{"permissions": ["images:read"], "namespaces": ["a"]}], "expiresAt": "2020-01-01T00:00:00Z"}""", "expiresAt")]
    public async Task Key_that_makes_no_sense_is_refused(string body, string field)
    {
        var answer = await Admin.SendAsync(HttpMethod.Post, Keys, new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (answer.Status, answer.Code));
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
    }

    [Theory]
    [InlineData("{", "is damaged")]
    [InlineData("""{"keys": {}, "grants": {}}""", "is open to others")]
    public async Task Store_that_is_damaged_or_open_refuses_the_start(string text, string reason)
    {
        var folder = Repo.NewFolder("access");
        var file = Path.Combine(folder, "access.json");
        await File.WriteAllTextAsync(file, text);
        File.SetUnixFileMode(file, text is "{" ? UnixFileMode.UserRead | UnixFileMode.UserWrite : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var (exit, log) = await GatewayProcess.StartRefusedAsync(new Dictionary<string, string?> { ["Auth__AccessFile"] = file });
        Directory.Delete(folder, recursive: true);
        Assert.NotEqual(0, exit);
        Assert.Contains(reason, log);
    }

    // Made of base64url's characters, "_" among them.
    private static string SecretOf(string key) => key.Split('_', 3)[2];

    private async Task<HttpStatusCode> StatusAsync(System.Text.Json.Nodes.JsonNode key)
    {
        using var api = guarded.With((string)key!);
        return (await api.GetAsync(Images)).Status;
    }
}
