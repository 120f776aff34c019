using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gateway.Http;

/// <summary>Durations as the contract writes them: <c>30s</c>, <c>5m</c>, <c>1h30m</c>.</summary>
internal static partial class Duration
{
    public static TimeSpan Parse(string text) => TryParse(text, out var duration) ? duration : throw new FormatException("not a duration such as 30s or 1h30m");

    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text) || Grammar().Match(text) is not { Success: true } match)
        {
            return false;
        }

        duration = TimeSpan.FromHours(Part("h")) + TimeSpan.FromMinutes(Part("m")) + TimeSpan.FromSeconds(Part("s"));
        return true;

        // At most six digits: no sum overflows.
        int Part(string unit) => match.Groups[unit] is { Success: true } group ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Whole seconds in the largest units: <c>1h30m</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        var text = string.Concat(Unit(seconds / 3600, "h"), Unit(seconds % 3600 / 60, "m"), Unit(seconds % 60, "s"));
        return text.Length is 0 ? "0s" : text;

        static string Unit(long count, string unit) => count is 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
    }

    [GeneratedRegex(@"\A(?=[0-9])((?<h>[0-9]{1,6})h)?((?<m>[0-9]{1,6})m)?((?<s>[0-9]{1,6})s)?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Grammar();
}

/// <summary>Durations in JSON are written as the contract writes them.</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String && Duration.TryParse(reader.GetString(), out var duration) ? duration : throw new JsonException("not a duration");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Duration.Format(value));
}
