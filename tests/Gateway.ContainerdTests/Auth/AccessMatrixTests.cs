using System.Net;
using Gateway.TestKit;
using YamlDotNet.RepresentationModel;

namespace Gateway.ContainerdTests.Auth;

/// <summary>
/// Every operation, by everybody, in every kind of namespace. No containerd stands behind the gateway: what is refused is refused before one is asked.
/// </summary>
public sealed class AccessMatrixTests : IAsyncLifetime
{
    private static readonly string[] Namespaces = ["team-a", "team-b", "nowhere", "k8s.io", "moby"];

    private GatewayProcess gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayProcess.StartAsync("/nonexistent", Settings());

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public void Each_operation_has_a_row_and_each_row_an_operation() =>
        Assert.Equal(AccessMatrix.Rows.Keys.Order(), Operations().Select(operation => operation.Id).Distinct().Order());

    [Fact]
    public async Task Each_caller_may_what_its_grants_say_and_nothing_else()
    {
        var wrong = new List<string>();
        foreach (var principal in Principal.All)
        {
            using var api = new GatewayApi(gateway.Url, principal.Key);
            foreach (var (verb, path, id, isGuess) in Operations())
            {
                var (permission, reach) = AccessMatrix.Rows[id];
                foreach (var ns in reach is Reach.Namespace ? Namespaces : [""])
                {
                    var answer = await AskAsync(api, verb, path, ns);
                    var isGranted = principal.May(permission, reach, ns);
                    var asExpected = isGranted ? answer.Status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) : answer.Status is HttpStatusCode.Forbidden;
                    if (!asExpected && !IsNotServed(isGuess, answer))
                    {
                        wrong.Add($"{principal.Name} {verb} {id} in '{ns}': {(int)answer.Status}");
                    }
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gwk_reader_wr0ngSecretOfTheSameLengthAsTheRightOneXXXXXX")]
    public async Task Stranger_may_nothing_but_what_is_open(string? key)
    {
        using var api = new GatewayApi(gateway.Url, key);
        foreach (var (verb, path, id, isGuess) in Operations())
        {
            var answer = await AskAsync(api, verb, path, "team-a");
            Assert.True(IsNotServed(isGuess, answer) || answer.Status is HttpStatusCode.Unauthorized != (AccessMatrix.Rows[id].Reach is Reach.Open), $"{verb} {id}: {answer.Status}");
        }
    }

    [Fact]
    public async Task Refusal_is_the_same_whether_the_namespace_is_there_or_not()
    {
        using var api = new GatewayApi(gateway.Url, Principal.All[0].Key);
        foreach (var (verb, path, id, _) in Operations().Where(operation => AccessMatrix.Rows[operation.Id].Reach is Reach.Namespace))
        {
            var (foreign, absent) = (await AskAsync(api, verb, path, "team-b"), await AskAsync(api, verb, path, "nowhere"));
            Assert.True(Same(foreign, "team-b") == Same(absent, "nowhere"), $"{id}: {foreign.Text} {absent.Text}");
        }
    }

    [Theory]
    [InlineData("/v1/namespaces", """{"name": "k8s.io"}""", "admin", false)]
    [InlineData("/v1/namespaces", """{"name": "k8s.io"}""", "root", true)]
    [InlineData("/v1/namespaces", """{"name": "team-b"}""", "writer", false)]
    [InlineData("/v1/namespaces", """{"name": "team-b"}""", "lead", true)]
    [InlineData("/v1/webhooks", """{"url": "https://example.com/", "events": ["job.failed"], "namespace": "team-b"}""", "reader", false)]
    [InlineData("/v1/webhooks", """{"url": "https://example.com/", "events": ["job.failed"]}""", "lead", false)]
    public async Task Namespace_of_a_body_is_asked_for_too(string path, string body, string name, bool isGranted)
    {
        using var api = new GatewayApi(gateway.Url, Principal.All.Single(principal => principal.Name == name).Key);
        var answer = await api.SendAsync(HttpMethod.Post, path, new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));
        Assert.True(answer.Status is HttpStatusCode.Forbidden != isGranted, answer.Text);
    }

    private static Dictionary<string, string?> Settings()
    {
        var settings = new Dictionary<string, string?>();
        foreach (var (principal, at) in Principal.All.Select((principal, at) => (principal, at)))
        {
            var key = $"Auth__ApiKeys__{at}";
            settings[$"{key}__Id"] = principal.Name;
            settings[$"{key}__Sha256"] = GuardedGateway.HashOf(Principal.Secret);
            settings[$"{key}__Grants__0__Namespaces__0"] = principal.Namespaces;
            settings[$"{key}__Grants__0__Protected"] = principal.Protected.ToString();
            foreach (var (permission, index) in principal.Permissions.Select((permission, index) => (permission, index)))
            {
                settings[$"{key}__Grants__0__Permissions__{index}"] = permission;
            }
        }

        return settings;
    }

    // A HEAD that the document does not have may be one that is not taken.
    private static bool IsNotServed(bool isGuess, Answer answer) => isGuess && answer.Status is HttpStatusCode.MethodNotAllowed;

    // Of what an answer tells, all but the address that was asked for.
    private static string Same(Answer answer, string ns) =>
        string.Join('|', (int)answer.Status, answer.MediaType, answer.Text.Length is 0 ? "" : $"{answer.Code} {answer.Json["detail"]} {answer.Json["title"]}").Replace(ns, "", StringComparison.Ordinal);

    private static Task<Answer> AskAsync(GatewayApi api, string verb, string path, string ns)
    {
        var digest = "sha256:" + new string('a', 64);
        var filled = path.Replace("{namespace}", ns, StringComparison.Ordinal).Replace("{digest}", digest, StringComparison.Ordinal)
            .Replace("{code}", "not_found", StringComparison.Ordinal).Replace("{id}", "01m8mbaep9e008npk50w93evvc", StringComparison.Ordinal);
        return api.SendAsync(new HttpMethod(verb), System.Text.RegularExpressions.Regex.Replace(filled, @"\{\w+\}", "x"));
    }

    // Each that the document has; what may be got may perhaps be asked for its headers too.
    private static IEnumerable<Operation> Operations() =>
        Documented().Concat(Documented().Where(operation => operation.Verb is "GET").Select(operation => operation with { Verb = "HEAD", IsGuess = true })).DistinctBy(operation => (operation.Verb, operation.Path));

    private static IEnumerable<Operation> Documented()
    {
        var document = new YamlStream();
        document.Load(new StringReader(File.ReadAllText(Path.Combine(Repo.Root, "openapi.yaml"))));
        return from path in ((YamlMappingNode)document.Documents[0].RootNode["paths"]).Children
               from verb in ((YamlMappingNode)path.Value).Children
               where verb.Value is YamlMappingNode operation && operation.Children.ContainsKey("operationId")
               select new Operation(verb.Key.ToString().ToUpperInvariant(), path.Key.ToString(), verb.Value["operationId"].ToString());
    }

    private sealed record Operation(string Verb, string Path, string Id, bool IsGuess = false);
}
