using Gateway.Telemetry;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Gateway.Tests.Telemetry;

/// <summary>What is exported of a log record, against what was logged.</summary>
public sealed class LogRedactionTests
{
    [Fact]
    public void Message_attributes_and_failure_are_masked_and_figures_stay()
    {
        var seen = new List<Exported>();
        using (var logs = LoggerFactory.Create(builder => builder.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.AddProcessor(new LogRedaction()).AddProcessor(new Collector(seen));
        })))
        {
            var log = LoggerMessage.Define<int, string>(LogLevel.Warning, 1, "{Count} tries with {Header} failed");
            log(logs.CreateLogger("x"), 3, "Authorization: Bearer canary-token", new IOException("GET https://host/blob?X-Amz-Signature=canary"));
        }

        var record = Assert.Single(seen);
        Assert.Equal("3 tries with Authorization: Bearer [redacted] failed", record.Message);
        Assert.Null(record.Failure);
        var attributes = record.Attributes;
        Assert.Equal((3, "System.IO.IOException"), (attributes["Count"], attributes["exception.type"]));
        Assert.Equal("GET https://host/blob?[redacted]", attributes["exception.message"]);
        Assert.DoesNotContain(attributes, pair => pair.Value?.ToString()?.Contains("canary", StringComparison.Ordinal) is true);
    }

    // The record itself is used for the next one.
    private sealed record Exported(string? Message, Exception? Failure, IReadOnlyDictionary<string, object?> Attributes);

    private sealed class Collector(List<Exported> seen) : BaseProcessor<LogRecord>
    {
        public override void OnEnd(LogRecord data) =>
            seen.Add(new Exported(data.FormattedMessage, data.Exception, data.Attributes!.ToDictionary(pair => pair.Key, pair => pair.Value)));
    }
}
