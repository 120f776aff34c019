using System.Reflection;
using System.Text.Json.Nodes;
using Gateway.Auth;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Gateway.OpenApi;

/// <summary>What holds for every operation: its permission, its security, the problems it can answer with.</summary>
internal sealed class OperationRules : IOperationFilter
{
    public const string Bearer = "bearer";
    public const string ApiKey = "apiKey";

    private static readonly int[] Everywhere = [400, 500, 503];
    private static readonly int[] Once = [409, 422];
    private static readonly int[] Behind = [401, 403, 429, 501, 502, 504, 507];

    public void Apply(OpenApiOperation operation, OperationFilterContext context)
    {
        var metadata = context.ApiDescription.ActionDescriptor.EndpointMetadata;
        var needs = metadata.OfType<NeedsPermission>().LastOrDefault();
        operation.Security = [];
        if (needs is not null)
        {
            operation.Security.Add(new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] });
            operation.Security.Add(new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(ApiKey, context.Document)] = [] });
            if (needs.Permission is not null)
            {
                operation.AddExtension("x-required-permission", new JsonNodeExtension(JsonValue.Create(needs.Permission)!));
            }
        }

        var isOnce = needs is not null && HttpMethods.IsPost(context.ApiDescription.HttpMethod!);
        AddProblems(operation, needs is not null, metadata.OfType<FailsWith>().SelectMany(fails => fails.Statuses).Concat(isOnce ? Once : []), context.Document);
        if (isOnce)
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameterReference(DocumentRules.IdempotencyKey, context.Document));
        }

        foreach (var example in metadata.OfType<RequestExample>())
        {
            foreach (var content in operation.RequestBody?.Content?.Values.OfType<OpenApiMediaType>() ?? [])
            {
                content.Example = JsonNode.Parse(example.Json);
            }
        }

        if (HttpMethods.IsPatch(context.ApiDescription.HttpMethod!) && operation.RequestBody?.Content is { } bodies)
        {
            bodies["application/merge-patch+json"] = bodies["application/json"];
        }

        LeaveOut(operation, context.ApiDescription.ParameterDescriptions);
        Describe(operation);
    }

    // The generated endpoints call each list of a query required, one that may be null among them.
    private static void LeaveOut(OpenApiOperation operation, IEnumerable<ApiParameterDescription> described)
    {
        var nullability = new NullabilityInfoContext();
        foreach (var parameter in described.Where(parameter => parameter.Type is { IsArray: true }))
        {
            var declared = ((IParameterInfoParameterDescriptor)parameter.ParameterDescriptor).ParameterInfo;
            var state = declared.Member is PropertyInfo property ? nullability.Create(property) : nullability.Create(declared);
            if (state.ReadState is NullabilityState.Nullable)
            {
                operation.Parameters!.OfType<OpenApiParameter>().Single(shown => shown.Name == parameter.Name).Required = false;
            }
        }
    }

    private static void AddProblems(OpenApiOperation operation, bool isClosed, IEnumerable<int> own, OpenApiDocument document)
    {
        var statuses = Everywhere.Concat(isClosed ? Behind : []).Concat(own).Concat(operation.Parameters?.Any(parameter => parameter.In is ParameterLocation.Path) is true ? [404] : []);
        // A failure that a mechanism says it produces is a problem too, whatever body the framework thinks it has.
        var responses = operation.Responses!;
        var produced = responses.Keys.Select(status => int.Parse(status, System.Globalization.CultureInfo.InvariantCulture)).Where(status => status >= 400).ToArray();
        foreach (var status in statuses.Concat(produced).Distinct().Order())
        {
            responses[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponseReference(DocumentRules.NameOf(status), document);
        }
    }

    // Routing takes the rest of the path, slashes and all; the document knows only parameters.
    private static void Describe(OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            parameter.Description ??= parameter.Name switch
            {
                "namespace" => "containerd's namespace.",
                "reference" => "Name of the image, percent-encoded. Where nothing follows it its slashes may stand raw, unless it is to be read and ends in `/manifest` or `/config`.",
                "pageSize" => "Items a page, 1 to 1000; 100 where none is named.",
                "pageToken" => "The `nextPageToken` of the page before.",
                "filter" => "containerd's filter syntax; several are OR-ed.",
                "platform" => "`os/arch[/variant]`, for example `linux/arm64`.",
                "view" => "`basic` (default) or `full`: everything that one image has. Of snapshots `list` (default) or `tree`.",
                "sync" => "Whether to wait for the garbage collection.",
                "id" => "The job's id.",
                "code" => "The problem's code.",
                "wait" => "How long to wait for the end, up to `60s`.",
                "snapshotter" => "The snapshotter, for example `overlayfs`.",
                "base" => "What to compare with: a snapshot that this one stands on. Default: its parent.",
                "path" => "Path within the snapshot; `/` where none is named.",
                "key" => "The snapshot's key, percent-encoded.",
                "state" => "Only jobs in this state.",
                "digest" => "`sha256:<64 hex>`.",
                "lease" => "Id of the lease, percent-encoded.",
                "ref" => "Name of the ingest, percent-encoded.",
                "force" => "Whether to delete what is in use; needs the permission `admin`.",
                "kind" => "Only jobs of this kind, for example `image.pull`.",
                _ => null,
            };
        }
    }
}

/// <summary>Statuses of problems that only this endpoint answers with.</summary>
internal sealed record FailsWith(params int[] Statuses);

/// <summary>A request body to show.</summary>
internal sealed record RequestExample(string Json);

/// <summary>What endpoints say of themselves for the document.</summary>
internal static class OperationMetadata
{
    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder endpoint, params int[] statuses) => endpoint.WithMetadata(new FailsWith(statuses));

    public static RouteHandlerBuilder Example(this RouteHandlerBuilder endpoint, string json) => endpoint.WithMetadata(new RequestExample(json));
}
