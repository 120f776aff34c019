using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Telemetry;

/// <summary>One log entry as one JSON object on one line.</summary>
/// <remarks>
/// The framework's JSON formatter hides trace ids in an array of scopes and prints whatever an exception quotes; this one puts the ids on top,
/// masks credentials, cuts long texts, and writes ASCII, so that no entry can forge another line.
/// </remarks>
internal sealed class JsonLineFormatter(TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "json-line";

    // Leaves quotes and plus signs readable, which the default encoder does not; a log is no HTML.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(line, Json))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", Level(logEntry.LogLevel));
            json.WriteString("category", logEntry.Category);
            if (logEntry.EventId.Name is { Length: > 0 } name)
            {
                json.WriteString("event", name);
            }

            json.WriteString("message", LogText.Bounded(logEntry.Formatter(logEntry.State, logEntry.Exception)));
            WriteTrace(json);
            LogFields.Write(json, logEntry.State, scopeProvider);
            LogException.Write(json, logEntry.Exception);
            json.WriteEndObject();
        }

        WriteAscii(textWriter, Encoding.UTF8.GetString(line.WrittenSpan));
        textWriter.Write('\n');
    }

    // Characters that turn the writing direction or draw nothing would let an entry lie to whoever reads it in a terminal.
    private static void WriteAscii(TextWriter writer, string json)
    {
        if (Ascii.IsValid(json))
        {
            writer.Write(json);
            return;
        }

        foreach (var character in json)
        {
            if (char.IsAscii(character))
            {
                writer.Write(character);
            }
            else
            {
                writer.Write($"\\u{(int)character:x4}");
            }
        }
    }

    private static void WriteTrace(Utf8JsonWriter json)
    {
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } span)
        {
            json.WriteString("traceId", span.TraceId.ToHexString());
            json.WriteString("spanId", span.SpanId.ToHexString());
        }
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
