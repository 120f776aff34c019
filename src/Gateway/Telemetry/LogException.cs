using System.Text.Json;

namespace Gateway.Telemetry;

/// <summary>An exception and its causes: type, message and stack, never <c>Data</c> or <c>ToString</c>, which may hold anything.</summary>
internal static class LogException
{
    /// <summary>Deepest cause that is still written.</summary>
    private const int MaxDepth = 5;

    public static void Write(Utf8JsonWriter json, Exception? exception)
    {
        if (exception is not null)
        {
            json.WritePropertyName("exception");
            Write(json, exception, depth: 1);
        }
    }

    private static void Write(Utf8JsonWriter json, Exception exception, int depth)
    {
        json.WriteStartObject();
        json.WriteString("type", exception.GetType().FullName);
        json.WriteString("message", LogText.Bounded(exception.Message));
        if (exception.StackTrace is { } stack)
        {
            json.WriteString("stack", LogText.Bounded(stack));
        }

        if (exception.InnerException is { } cause && depth < MaxDepth)
        {
            json.WritePropertyName("cause");
            Write(json, cause, depth + 1);
        }

        json.WriteEndObject();
    }
}
