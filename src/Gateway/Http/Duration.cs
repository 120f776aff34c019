using System.Globalization;
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

    [GeneratedRegex(@"\A(?=[0-9])((?<h>[0-9]{1,6})h)?((?<m>[0-9]{1,6})m)?((?<s>[0-9]{1,6})s)?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Grammar();
}
