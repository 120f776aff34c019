using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContractTests;

/// <summary>What a running gateway says of itself, asked by somebody without credentials.</summary>
public sealed class LiveDocumentTests : IAsyncLifetime
{
    private GatewayProcess gateway = null!;
    private GatewayApi anyone = null!;

    public async ValueTask InitializeAsync()
    {
        gateway = await GatewayProcess.StartAsync("/nonexistent");
        anyone = new GatewayApi(gateway.Url, key: null);
    }

    public async ValueTask DisposeAsync()
    {
        anyone.Dispose();
        await gateway.DisposeAsync();
    }

    [Fact]
    public async Task Served_yaml_is_the_committed_document()
    {
        var answer = await anyone.GetAsync("/openapi/v1.yaml");
        Assert.Equal(File.ReadAllText(Path.Combine(Repo.Root, "openapi.yaml")).TrimEnd(), answer.Text.TrimEnd());
    }

    [Fact]
    public async Task Served_json_is_openapi_3_1_with_the_same_operations()
    {
        var document = (await anyone.GetAsync("/openapi/v1.json")).Json;
        Assert.StartsWith("3.1.", (string?)document["openapi"]);
        var committed = await File.ReadAllTextAsync(Path.Combine(Repo.Root, "openapi.yaml"));
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(verb => verb.Value?["operationId"]).OfType<JsonNode>().Select(id => (string)id!).ToArray();
        Assert.Equal(committed.Split("operationId: ").Skip(1).Select(rest => rest.Split('\n')[0].Trim()).Order(), operations.Order());
    }

    [Fact]
    public async Task Swagger_page_and_its_parts_are_served()
    {
        var page = await anyone.GetAsync("/swagger/index.html");
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.Status, page.MediaType));
        Assert.Contains("/openapi/v1.json", (await anyone.GetAsync("/swagger/index.js")).Text);
        Assert.Equal(HttpStatusCode.OK, (await anyone.GetAsync("/swagger/swagger-ui-bundle.js")).Status);
    }

    [Fact]
    public async Task Health_tells_apart_alive_and_ready()
    {
        Assert.Equal(HttpStatusCode.OK, (await anyone.GetAsync("/healthz/live")).Status);
        var ready = await anyone.GetAsync("/healthz/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
        Assert.Equal(("failed", "ok"), ((string?)ready.Json["checks"]!["containerd"], (string?)ready.Json["checks"]!["jobs"]));
    }
}
