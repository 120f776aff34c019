using Microsoft.OpenApi;

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
        await Console.Out.WriteAsync(await GetOpenApi.DescribeAsync(app.Services, OpenApiConstants.Yaml));
#pragma warning restore RS0030
        return true;
    }
}
