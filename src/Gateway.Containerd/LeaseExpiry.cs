using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Containerd.Services.Leases;

namespace Gateway.Containerd;

/// <summary>When a lease ends: its label <c>containerd.io/gc.expire</c>, as the daemon's garbage collector reads it.</summary>
public static partial class LeaseExpiry
{
    /// <summary>The label's value.</summary>
    public static string Format(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>When the daemon may drop the lease; null where it never may.</summary>
    public static DateTimeOffset? ExpiresAt(this Lease lease) => lease.Labels.TryGetValue(LabelNames.GcExpire, out var text) ? Parse(text) : null;

    /// <summary>Reads RFC 3339 as Go does, or gives null: to the daemon an unreadable value means never.</summary>
    public static DateTimeOffset? Parse(string text)
    {
        // .NET takes seven digits of a second's fraction, Go writes up to nine.
        var match = Rfc3339().Match(text);
        return match.Success && DateTimeOffset.TryParse(
            match.Groups["time"].Value + match.Groups["zone"].Value, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
    }

    [GeneratedRegex(@"\A(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?)[0-9]*(?<zone>Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Rfc3339();
}
