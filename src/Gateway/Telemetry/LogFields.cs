using System.Globalization;
using System.Text.Json;

namespace Gateway.Telemetry;

/// <summary>The structured values of an entry and of its scopes, in camelCase under <c>fields</c>; the entry's own win.</summary>
internal static class LogFields
{
    // ConnectionId and the trace's ids say nothing new, the path may hold what a caller should not have put there, and the template is the message.
    private static readonly HashSet<string> LeftOut =
        new(StringComparer.Ordinal) { "{OriginalFormat}", "RequestPath", "ConnectionId", "SpanId", "TraceId", "ParentId" };

    /// <summary>Most fields of one entry.</summary>
    private const int MaxFields = 32;

    public static void Write<TState>(Utf8JsonWriter json, TState state, IExternalScopeProvider? scopes)
    {
        var fields = new Dictionary<string, object?>(StringComparer.Ordinal);
        scopes?.ForEachScope(Collect, fields);
        Collect(state, fields);
        if (fields.Count is 0)
        {
            return;
        }

        json.WriteStartObject("fields");
        foreach (var (name, value) in fields)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private static void Collect(object? state, Dictionary<string, object?> fields)
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> pairs)
        {
            return;
        }

        foreach (var (name, value) in pairs)
        {
            if (!LeftOut.Contains(name) && fields.Count < MaxFields)
            {
                fields[JsonNamingPolicy.CamelCase.ConvertName(name)] = value;
            }
        }
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case DateTimeOffset time: json.WriteStringValue(time.UtcDateTime); break;
            default: json.WriteStringValue(LogText.Bounded(Convert.ToString(value, CultureInfo.InvariantCulture))); break;
        }
    }
}
