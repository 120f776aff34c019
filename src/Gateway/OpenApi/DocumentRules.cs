using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Http;
using Gateway.Jobs;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Gateway.OpenApi;

/// <summary>What the document holds once: tags, the problem schema and the problem answers. Everything is sorted, so that it is the same each time.</summary>
internal sealed class DocumentRules : IDocumentFilter
{
    /// <summary>The header of POSTs that are to be done once.</summary>
    public const string IdempotencyKey = "IdempotencyKey";

    private const string ProblemSchema = "Problem";

    private static readonly SortedDictionary<string, string> Tags = new(StringComparer.Ordinal)
    {
        ["Access"] = "Who may do what: API keys, grants, and who the caller is.",
        ["Audit"] = "Who asked for which change, from where, and what became of it.",
        ["Content"] = "The content store: blobs by digest, and ingests, which are blobs still being written.",
        ["Images"] = "Images of a namespace, and the pulls that bring them.",
        ["Jobs"] = "Long work: started by other calls, followed and canceled here.",
        ["Leases"] = "Leases keep content, snapshots and images from the garbage collector.",
        ["Namespaces"] = "containerd's namespaces.",
        ["Node"] = "This node and its containerd.",
        ["Snapshots"] = "Snapshots: the layered file systems containers run on, their differences and their files.",
        ["Service"] = "The service itself; open to anyone.",
    };

    public static string NameOf(int status) => $"Problem{status.ToString(CultureInfo.InvariantCulture)}";

    public void Apply(OpenApiDocument document, DocumentFilterContext context)
    {
        document.Tags = new SortedSet<OpenApiTag>(Tags.Select(tag => new OpenApiTag { Name = tag.Key, Description = tag.Value }), Comparer<OpenApiTag>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name)));
        document.Components ??= new OpenApiComponents();
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        document.Components.Schemas[ProblemSchema] = Problem();
        document.Components.Responses = Responses(document);
        document.Components.Parameters = new Dictionary<string, IOpenApiParameter>(StringComparer.Ordinal) { [IdempotencyKey] = OnceHeader() };
        document.Components.Schemas = new SortedDictionary<string, IOpenApiSchema>(document.Components.Schemas.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
        var paths = new OpenApiPaths();
        foreach (var (path, item) in document.Paths.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            paths[path] = item;
        }

        document.Paths = paths;
    }

    private static SortedDictionary<string, IOpenApiResponse> Responses(OpenApiDocument document)
    {
        var used = document.Paths.Values.SelectMany(path => path.Operations ?? []).SelectMany(operation => operation.Value.Responses?.Keys.ToArray() ?? []).ToHashSet(StringComparer.Ordinal);
        var responses = new SortedDictionary<string, IOpenApiResponse>(StringComparer.Ordinal);
        foreach (var status in ProblemKinds.All.Values.GroupBy(kind => kind.Status).Where(status => used.Contains(status.Key.ToString(CultureInfo.InvariantCulture))))
        {
            responses[NameOf(status.Key)] = new OpenApiResponse
            {
                Description = string.Join(", ", status.Select(kind => $"`{kind.Code}`").Order(StringComparer.Ordinal)),
                Content = new Dictionary<string, IOpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(ProblemSchema, document) },
                },
            };
        }

        return responses;
    }

    private static OpenApiParameter OnceHeader() => new()
    {
        Name = IdempotencyMiddleware.Header,
        In = ParameterLocation.Header,
        Description = "A key of the caller's choice: however often the request is sent with it, it is done once, and gets the first answer (with `Idempotent-Replayed: true`) "
            + "for 24 hours, unless the job that it started is deleted. A request that failed is not remembered. Where the gateway was killed before it had answered a request that starts no job, the key stays taken (409): nobody knows whether that was done. Of an archive only the length is compared.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = IdempotencyMiddleware.MaxLength, Pattern = "^[!-~]+$" },
        Example = JsonValue.Create("5f1c1e1a-8c1b-4b0e-9a57-2f6f7a0f2f3b"),
    };

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "What went wrong, as RFC 9457 has it. The page of each code stands under `/problems/`.",
        Required = new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status", "detail", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
        {
            ["type"] = Text("Stable URI of the problem's page."),
            ["title"] = Text("What kind of problem this is."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The HTTP status." },
            ["detail"] = Text("What could not be done, and why."),
            ["instance"] = Text("Path of the request."),
            ["code"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = "Stable name of the problem.",
                Enum = ProblemKinds.All.Keys.Order(StringComparer.Ordinal).Select(code => (JsonNode)JsonValue.Create(code)!).ToList(),
            },
            ["traceId"] = Text("Leads to the gateway's log and traces."),
            ["retryable"] = new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Whether the same request may succeed later; on a failed job's problem." },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "Messages by field, where the request is not valid.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
}
