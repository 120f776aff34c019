using System.Net;
using System.Text;
using Gateway.Audit;
using Gateway.Auth;
using Gateway.Tests.Jobs;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Audit;

/// <summary>Each route of the application, found by itself: none is forgotten.</summary>
public sealed class AuditedRoutesTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Each_change_is_one_intent_and_one_result_and_no_read_is_recorded()
    {
        await using var host = await AuditHost.StartAsync(folder);
        var client = host.Client();
        var changes = 0;
        foreach (var (endpoint, method) in Routes(host))
        {
            var before = host.Records.Count;
            using var body = method is "GET" or "HEAD" ? null : new StringContent("""{"notAField": 1}""", Encoding.UTF8, MediaTypeOf(endpoint));
            using var answer = await AuditHost.ChangeAsync(client, new HttpMethod(method), PathOf(endpoint), body);
            var added = host.Records.Skip(before).ToArray();
            if (method is "GET" or "HEAD")
            {
                Assert.Empty(added);
                continue;
            }

            changes++;
            Assert.False(answer.IsSuccessStatusCode, $"{method} {PathOf(endpoint)} needs containerd, or another body");
            Assert.True(added is [{ Kind: AuditKind.Intent }, { Kind: AuditKind.Result }], $"{method} {PathOf(endpoint)}, {answer.StatusCode}: {added.Length} records");
            Assert.Equal((added[0].Sequence, (int)answer.StatusCode), (added[1].Intent, added[1].Status));
            Assert.NotNull(added[1].Code);
            Assert.All(added, record => AssertTells(record, endpoint, method));
        }

        Assert.True(changes > 25, $"{changes}");
        Assert.True(VerifyAuditCommand.Verify(host.Path).IsWhole);
    }

    [Fact]
    public async Task Each_change_that_is_not_granted_is_one_denial()
    {
        var (key, hash) = ApiKeys.Make("reader");
        await using var host = await AuditHost.StartAsync(folder, ("reader", hash, Permission.NodeRead, "team-a"));
        var client = host.Client(key);
        foreach (var (endpoint, method) in Routes(host).Where(route => route.Method is not "GET" and not "HEAD" && !route.Endpoint.Metadata.GetMetadata<NeedsPermission>()!.OwnerMay))
        {
            var before = host.Records.Count;
            using var answer = await AuditHost.ChangeAsync(client, new HttpMethod(method), PathOf(endpoint));
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            var denial = Assert.Single(host.Records.Skip(before));
            Assert.Equal((AuditKind.Denied, "key:reader", 403, "forbidden"), (denial.Kind, denial.Subject, denial.Status, denial.Code));
            Assert.Equal(NameOf(endpoint), denial.Operation);
        }
    }

    [Fact]
    public async Task Strangers_wrong_paths_and_wrong_methods_are_not_recorded()
    {
        await using var host = await AuditHost.StartAsync(folder);
        using var stranger = await AuditHost.ChangeAsync(host.Client(null), HttpMethod.Post, "/v1/namespaces");
        using var wrongKey = await AuditHost.ChangeAsync(host.Client("gwk_nobody"), HttpMethod.Post, "/v1/namespaces");
        using var wrongPath = await AuditHost.ChangeAsync(host.Client(), HttpMethod.Post, "/v1/nothing");
        using var wrongMethod = await AuditHost.ChangeAsync(host.Client(), HttpMethod.Put, "/v1/namespaces");
        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed],
            new[] { stranger, wrongKey, wrongPath, wrongMethod }.Select(answer => answer.StatusCode));
        Assert.Empty(host.Records);
    }

    private static void AssertTells(AuditRecord record, RouteEndpoint endpoint, string method)
    {
        Assert.Equal(("key:bootstrap", "127.0.0.1", NameOf(endpoint), method), (record.Subject, record.From, record.Operation, record.Method));
        Assert.Equal(PathOf(endpoint), record.Path);
        Assert.Equal(PathOf(endpoint).StartsWith("/v1/namespaces/team-a", StringComparison.Ordinal) ? "team-a" : null, record.Namespace);
        Assert.Matches("^[0-9a-f]{32}$", record.TraceId);
        Assert.Matches("^[0-9a-f]{32}$", record.Request);
    }

    private static IEnumerable<(RouteEndpoint Endpoint, string Method)> Routes(AuditHost host) =>
        from endpoint in host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        where endpoint.Metadata.GetMetadata<NeedsPermission>() is not null
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select (endpoint, method);

    private static string MediaTypeOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes[0] ?? "application/json";

    private static string NameOf(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName;

    private static string PathOf(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments
        .Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "namespace" } => "team-a",
            _ => "a-name",
        }))));
}
