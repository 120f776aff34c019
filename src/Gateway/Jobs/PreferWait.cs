using System.Text.RegularExpressions;
using Microsoft.Extensions.Primitives;

namespace Gateway.Jobs;

/// <summary>Reads <c>Prefer: wait=N</c> (RFC 7240 sections 2 and 4.3).</summary>
internal static partial class PreferWait
{
    /// <summary>Longest header looked at, in characters.</summary>
    private const int MaxHeader = 1024;

    /// <summary>
    /// The wish, at most 60 seconds. Null where there is none: what is malformed is ignored, and of two the first counts, as the RFC says.
    /// </summary>
    public static TimeSpan? Read(StringValues prefer)
    {
        foreach (var preference in prefer.Where(line => line is { Length: <= MaxHeader }).SelectMany(line => line!.Split(',')))
        {
            var match = Wait().Match(preference);
            if (match.Success)
            {
                return TimeSpan.FromSeconds(Seconds(match.Groups["seconds"].Value));
            }
        }

        return null;
    }

    private static int Seconds(string digits) =>
        (int)Math.Min(JobWatcher.MaxWait.TotalSeconds, int.TryParse(digits, out var seconds) ? seconds : JobWatcher.MaxWait.TotalSeconds);

    [GeneratedRegex("""\A[ \t]*wait[ \t]*=[ \t]*("(?<seconds>[0-9]{1,20})"|(?<seconds>[0-9]{1,20}))[ \t]*(;.*)?\z""",
        RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Wait();
}
