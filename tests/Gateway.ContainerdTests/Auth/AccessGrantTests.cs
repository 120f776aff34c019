using System.Net;

namespace Gateway.ContainerdTests.Auth;

/// <summary>Grants to subjects and groups, made and taken back over the API.</summary>
public sealed class AccessGrantTests(GuardedGateway guarded) : IClassFixture<GuardedGateway>
{
    private const string Grants = "/v1/access/grants";

    [Theory]
    [InlineData("jwt:carol", null)]
    [InlineData(null, "jwt:crew")]
    public async Task Grant_holds_from_the_next_request_until_it_is_taken_back(string? subject, string? group)
    {
        var ns = subject is null ? "by-group" : "by-subject";
        using var carol = guarded.With(guarded.Forge.Good("carol", "crew"));
        Assert.Equal(HttpStatusCode.Forbidden, (await carol.GetAsync($"/v1/namespaces/{ns}/images")).Status);
        var made = await guarded.Gateway.Api.PostAsync(Grants, new { subject, group, permissions = new[] { "images:read" }, namespaces = new[] { ns } });
        Assert.True(made.Status is HttpStatusCode.Created, made.Text);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await carol.GetAsync($"/v1/namespaces/{ns}/images")).Status);
        var me = (await carol.GetAsync("/v1/access/me")).Json;
        Assert.Equal(("jwt:carol", "jwt:crew", ns), ((string?)me["subject"], (string?)me["groups"]![0], (string?)me["grants"]![0]!["namespaces"]![0]));

        var path = made.Headers.Location!.ToString();
        Assert.Equal(ns, (string?)(await guarded.Gateway.Api.GetAsync(path)).Json["namespaces"]![0]);
        Assert.Contains((string)made.Json["id"]!, (await guarded.Gateway.Api.GetAsync(Grants)).Text);
        Assert.Equal(HttpStatusCode.NoContent, (await guarded.Gateway.Api.SendAsync(HttpMethod.Delete, path)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await carol.GetAsync($"/v1/namespaces/{ns}/images")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await guarded.Gateway.Api.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData("jwt:carol", "jwt:crew", "subject")]
    [InlineData(null, null, "subject")]
    [InlineData("", null, "subject")]
    [InlineData(null, "a\u0000b", "group")]
    public async Task Grant_to_nobody_is_refused(string? subject, string? group, string field)
    {
        var answer = await guarded.Gateway.Api.PostAsync(Grants, new { subject, group, permissions = new[] { "images:read" }, namespaces = new[] { "a" } });
        Assert.Equal("invalid_request", answer.Code);
        Assert.True(answer.Json["errors"]!.AsObject().ContainsKey(field), answer.Text);
    }

    [Fact]
    public async Task Subject_of_another_issuer_and_a_name_that_looks_alike_get_nothing()
    {
        var made = await guarded.Gateway.Api.PostAsync(Grants, new { subject = "corp:dave", permissions = new[] { "admin" }, namespaces = new[] { "*" } });
        using var dave = guarded.With(guarded.Forge.Good("dave"));
        using var other = guarded.With(guarded.Forge.Good("corp:dave"));
        Assert.Equal(HttpStatusCode.Forbidden, (await dave.GetAsync("/v1/namespaces/a/images")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await other.GetAsync("/v1/namespaces/a/images")).Status);
        await guarded.Gateway.Api.SendAsync(HttpMethod.Delete, made.Headers.Location!.ToString());
    }
}
