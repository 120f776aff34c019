using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace Gateway.OpenApi;

/// <summary><c>/openapi/v1.json</c> and <c>/openapi/v1.yaml</c>: made at the first question and kept, for anyone may ask.</summary>
internal sealed class GetOpenApi(IServiceProvider services)
{
    private readonly Lazy<Task<string>> yaml = new(() => DescribeAsync(services, OpenApiConstants.Yaml));
    private readonly Lazy<Task<string>> json = new(() => DescribeAsync(services, OpenApiConstants.Json));

    public static async Task<IResult> Yaml(GetOpenApi document) => Results.Text(await document.yaml.Value, "application/yaml; charset=utf-8");

    public static async Task<IResult> Json(GetOpenApi document) => Results.Text(await document.json.Value, "application/json; charset=utf-8");

    public static async Task<string> DescribeAsync(IServiceProvider services, string format)
    {
        var document = services.GetRequiredService<ISwaggerProvider>().GetSwagger(OpenApiExtensions.Document);
        var text = await document.SerializeAsync(OpenApiSpecVersion.OpenApi3_1, format);
        return text.ReplaceLineEndings("\n").TrimEnd() + "\n";
    }
}
