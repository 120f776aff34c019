using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Gateway.Telemetry;

/// <summary>Masks in exported log records what is masked in those on standard output. Runs before the exporters see the record.</summary>
internal sealed class LogRedaction : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        data.FormattedMessage = data.FormattedMessage is { } message ? SecretMask.Apply(message) : null;
        data.Attributes = [.. (data.Attributes ?? []).Select(Safe), .. FailureOf(data.Exception)];
        data.Exception = null; // its own text cannot be changed
    }

    private static KeyValuePair<string, object?> Safe(KeyValuePair<string, object?> attribute) =>
        attribute.Value is null or bool or int or long or double ? attribute : new(attribute.Key, SecretMask.Apply(attribute.Value.ToString() ?? ""));

    // By the semantic conventions of exceptions in logs.
    private static KeyValuePair<string, object?>[] FailureOf(Exception? failure) => failure is null ? [] :
    [
        new("exception.type", failure.GetType().FullName), new("exception.message", SecretMask.Apply(failure.Message)),
        new("exception.stacktrace", SecretMask.Apply(failure.ToString())),
    ];
}
