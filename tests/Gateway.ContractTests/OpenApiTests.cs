using System.Text.RegularExpressions;
using Gateway.Http;
using Gateway.OpenApi;
using Gateway.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;
using YamlDotNet.RepresentationModel;

namespace Gateway.ContractTests;

/// <summary>openapi.yaml is what the code does, and says all that a reader or a generator needs.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private readonly string folder = Repo.NewFolder("contract");
    private WebApplication app = null!;
    private string yaml = "";
    private YamlMappingNode document = null!;

    public static TheoryData<string> Codes => [.. ProblemKinds.All.Keys];

    public async ValueTask InitializeAsync()
    {
        app = GatewayApp.Build([$"--Jobs:Database={folder}/jobs.db"]);
        yaml = await GetOpenApi.DescribeAsync(app.Services, OpenApiConstants.Yaml);
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        document = (YamlMappingNode)stream.Documents[0].RootNode;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Committed_document_is_what_the_code_says()
    {
        var committed = File.ReadAllLines(Path.Combine(Repo.Root, "openapi.yaml"));
        var made = yaml.TrimEnd('\n').Split('\n');
        var line = Enumerable.Range(0, Math.Max(committed.Length, made.Length)).FirstOrDefault(i => i >= committed.Length || i >= made.Length || committed[i] != made[i], -1);
        Assert.True(line < 0, line < 0 ? "" : $"openapi.yaml differs from line {line + 1} on:\n  committed: {committed.ElementAtOrDefault(line)}\n  code:      {made.ElementAtOrDefault(line)}\nrun: dotnet run --project src/Gateway -- openapi > openapi.yaml");
    }

    [Fact]
    public void Every_operation_says_what_it_is_and_needs()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, verb, operation) in Operations())
        {
            var where = $"{verb} {path}";
            var id = Text(operation, "operationId");
            Assert.True(id is not null && Regex.IsMatch(id, "^[a-z][A-Za-z]+$") && names.Add(id), $"{where}: operationId '{id}'");
            Assert.False(string.IsNullOrWhiteSpace(Text(operation, "summary")), $"{where} has no summary");
            Assert.False(string.IsNullOrWhiteSpace(Text(operation, "description")), $"{where} has no description");
            Assert.Single((YamlSequenceNode)operation["tags"]);
            var answers = ((YamlMappingNode)operation["responses"]).Children.Keys.Select(key => key.ToString()).ToArray();
            Assert.Contains(answers, status => status.StartsWith('2'));
            Assert.Contains("400", answers);
            var isOpen = path.StartsWith("/healthz", StringComparison.Ordinal) || path.StartsWith("/problems", StringComparison.Ordinal);
            Assert.Equal(isOpen, !((YamlSequenceNode)operation["security"]).Any());
            Assert.Equal(isOpen || path is "/v1/access/me", Text(operation, "x-required-permission") is null); // every caller may know who it is
            if (!isOpen)
            {
                Assert.Contains("401", answers);
                Assert.Contains("403", answers);
            }

            if (operation.Children.TryGetValue("requestBody", out var body) && Write(body).Contains("json:", StringComparison.Ordinal))
            {
                Assert.Contains("example:", Write(body));
            }
        }

        Assert.True(names.Count >= 18);
    }

    [Fact]
    public void Every_property_of_every_schema_is_described()
    {
        var schemas = (YamlMappingNode)document["components"]["schemas"];
        var silent = schemas.Children
            .Where(schema => schema.Value is YamlMappingNode node && node.Children.ContainsKey("properties"))
            .SelectMany(schema => ((YamlMappingNode)schema.Value["properties"]).Children.Select(property => (Name: $"{schema.Key}.{property.Key}", Text: Write(property.Value))))
            .Where(property => !property.Text.Contains("description:", StringComparison.Ordinal))
            .Select(property => property.Name);
        Assert.Empty(silent);
    }

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        foreach (var target in Regex.Matches(yaml, @"\$ref: '?#/(?<path>[^'\s]+)'?").Select(match => match.Groups["path"].Value).Distinct())
        {
            YamlNode node = document;
            foreach (var part in target.Split('/'))
            {
                Assert.True(((YamlMappingNode)node).Children.TryGetValue(part, out var next), $"#/{target} is not there");
                node = next;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_problem_is_in_the_document(string code) => Assert.Contains($"- {code}", yaml);

    [Fact]
    public async Task Document_is_the_same_each_time()
    {
        await using var again = GatewayApp.Build([$"--Jobs:Database={folder}/other.db"]);
        Assert.Equal(yaml, await GetOpenApi.DescribeAsync(again.Services, OpenApiConstants.Yaml));
    }

    private static string? Text(YamlMappingNode node, string key) => node.Children.TryGetValue(key, out var value) ? value.ToString() : null;

    private static string Write(YamlNode node)
    {
        using var writer = new StringWriter();
        new YamlStream(new YamlDocument(node)).Save(writer, assignAnchors: false);
        return writer.ToString();
    }

    private IEnumerable<(string Path, string Verb, YamlMappingNode Operation)> Operations() =>
        ((YamlMappingNode)document["paths"]).Children.SelectMany(path => ((YamlMappingNode)path.Value).Children
            .Where(verb => verb.Key.ToString() is "get" or "post" or "patch" or "delete" or "put")
            .Select(verb => (path.Key.ToString(), verb.Key.ToString(), (YamlMappingNode)verb.Value)));
}
