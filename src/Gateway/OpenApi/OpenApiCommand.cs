using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace Gateway.OpenApi;

/// <summary><c>Gateway openapi</c>: prints the document without serving anything.</summary>
internal static class OpenApiCommand
{
    public static async Task<bool> TryRunAsync(string[] args, Func<WebApplication> build)
    {
        if (args is not ["openapi", ..])
        {
            return false;
        }

        await using var app = build();
#pragma warning disable RS0030 // A command's answer, not a log.
        await Console.Out.WriteAsync(await DescribeAsync(app.Services));
#pragma warning restore RS0030
        return true;
    }

    public static async Task<string> DescribeAsync(IServiceProvider services)
    {
        var document = services.GetRequiredService<ISwaggerProvider>().GetSwagger(OpenApiExtensions.Document);
        var yaml = await document.SerializeAsync(OpenApiSpecVersion.OpenApi3_1, OpenApiConstants.Yaml);
        return yaml.ReplaceLineEndings("\n").TrimEnd() + "\n";
    }
}
