using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Telemetry;

public sealed class LoggingSetupTests
{
    [Fact]
    public async Task Console_is_the_only_provider_and_writes_json_lines()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddGatewayLogging();
        await using var app = builder.Build();

        Assert.Equal(["ConsoleLoggerProvider"], app.Services.GetServices<ILoggerProvider>().Select(p => p.GetType().Name));
        Assert.Equal("json-line", app.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
        Assert.Contains(app.Services.GetServices<ConsoleFormatter>(), formatter => formatter is JsonLineFormatter);
    }
}
