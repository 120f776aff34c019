using Gateway.Auth;
using Microsoft.OpenApi;

namespace Gateway.OpenApi;

/// <summary>The API's description: made from the endpoints, served beside them, committed as openapi.yaml.</summary>
internal static class OpenApiExtensions
{
    public const string Document = "v1";

    public static void AddGatewayOpenApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddEndpointsApiExplorer();
        builder.Services.AddSingleton<GetOpenApi>();
        builder.Services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc(Document, new OpenApiInfo
            {
                Title = "Gateway",
                Version = "v1",
                Description = "An authenticated REST API over containerd: images are pulled by durable jobs with exact progress.",
                License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
            });
            swagger.AddServer(new OpenApiServer { Url = "http://127.0.0.1:8080", Description = "The default listener" });
            swagger.AddSecurityDefinition(OperationRules.Bearer, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key (`gwk_...`) or a JWT of the configured issuer.",
            });
            swagger.AddSecurityDefinition(OperationRules.ApiKey, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = "X-API-Key",
                Description = "An API key.",
            });
            swagger.SupportNonNullableReferenceTypes();
            swagger.NonNullableReferenceTypesAsRequired();
            swagger.CustomSchemaIds(SchemaNames.Of);
            swagger.IncludeXmlComments(typeof(OpenApiExtensions).Assembly, includeControllerXmlComments: false);
            swagger.MapType<Oci.Digest>(() => new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$" });
            swagger.MapType<Oci.Secret>(() => new OpenApiSchema { Type = JsonSchemaType.String });
            swagger.OperationFilter<OperationRules>();
            swagger.SchemaFilter<SchemaRules>();
            swagger.DocumentFilter<DocumentRules>();
        });
    }

    /// <summary>The page at <c>/swagger</c>.</summary>
    public static void UseGatewayOpenApi(this WebApplication app) => app.UseSwaggerUI(page =>
    {
        page.RoutePrefix = "swagger";
        page.SwaggerEndpoint($"/openapi/{Document}.json", "Gateway v1");
    });

    /// <summary>Swashbuckle's own middleware would make the document anew for each request, and compile code at the start.</summary>
    public static void MapOpenApi(this IEndpointRouteBuilder app)
    {
        app.MapGet($"/openapi/{Document}.yaml", GetOpenApi.Yaml).IsOpenToAnyone().ExcludeFromDescription();
        app.MapGet($"/openapi/{Document}.json", GetOpenApi.Json).IsOpenToAnyone().ExcludeFromDescription();
    }
}
