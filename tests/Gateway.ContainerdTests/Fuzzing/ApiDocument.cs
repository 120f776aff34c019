using System.Globalization;
using System.Text.Json.Nodes;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>A parameter as the document describes it.</summary>
internal sealed record ApiParameter(string Name, string In, bool Required, JsonObject Schema);

/// <summary>An operation as the document describes it.</summary>
/// <param name="Body">Schema of a JSON body; null where it takes none.</param>
/// <param name="BodyTypes">Media types of a body; none where it takes none.</param>
/// <param name="Statuses">What it may answer.</param>
internal sealed record ApiOperation(
    string Id, string Method, string Path, IReadOnlyList<ApiParameter> Parameters, JsonObject? Body, IReadOnlyList<string> BodyTypes, IReadOnlySet<int> Statuses);

/// <summary>The OpenAPI document a gateway serves, as far as requests can be made from it.</summary>
internal sealed class ApiDocument
{
    private static readonly string[] Verbs = ["get", "head", "put", "post", "patch", "delete"];

    private readonly JsonObject document;

    public ApiDocument(JsonObject document)
    {
        this.document = document;
        Operations = [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(verb => Verbs.Contains(verb.Key)).Select(verb => Read(path.Key, verb.Key, verb.Value!.AsObject())))];
        Codes = Resolve(document["components"]!["schemas"]!["Problem"]!["properties"]!["code"]!.AsObject())["enum"]!.AsArray().Select(code => (string)code!).ToHashSet();
    }

    public IReadOnlyList<ApiOperation> Operations { get; }

    /// <summary>Codes of problems.</summary>
    public IReadOnlySet<string> Codes { get; }

    /// <summary>The schema itself where there is only a reference to it.</summary>
    public JsonObject Resolve(JsonObject schema)
    {
        while (schema["$ref"] is { } reference)
        {
            JsonNode node = document;
            foreach (var part in ((string)reference!).Split('/').Skip(1))
            {
                node = node[part]!;
            }

            schema = node.AsObject();
        }

        return schema;
    }

    private ApiOperation Read(string path, string verb, JsonObject operation)
    {
        var parameters = operation["parameters"]?.AsArray().Select(parameter => Resolve(parameter!.AsObject())).Select(parameter =>
            new ApiParameter((string)parameter["name"]!, (string)parameter["in"]!, (bool?)parameter["required"] ?? false, Resolve(parameter["schema"]!.AsObject())));
        var content = operation["requestBody"]?["content"]?.AsObject();
        var json = content?["application/json"]?["schema"]?.AsObject();
        return new ApiOperation(
            (string)operation["operationId"]!, verb.ToUpperInvariant(), path, [.. parameters ?? []], json is null ? null : Resolve(json),
            [.. content?.Select(type => type.Key) ?? []],
            operation["responses"]!.AsObject().Select(answer => int.Parse(answer.Key, CultureInfo.InvariantCulture)).ToHashSet());
    }
}
