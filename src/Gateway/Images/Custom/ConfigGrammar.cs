using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Images.Custom;

/// <summary>The texts of an image config (image-spec v1.1 config.md), as narrow as what runtimes can use.</summary>
internal static partial class ConfigGrammar
{
    /// <summary>Linux' PATH_MAX, in characters.</summary>
    public const int MaxPathLength = 4096;

    // Linux' signals by name; without their common prefix.
    private static readonly HashSet<string> Signals = new(StringComparer.Ordinal)
    {
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT",
        "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
    };

    private const int LastSignal = 64;

    public static bool IsPort(string? port) =>
        port is not null && Port().Match(port) is { Success: true } match
        && int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) is >= 1 and <= ushort.MaxValue;

    /// <summary>Absolute and without <c>..</c>: where it leads does not depend on what is there.</summary>
    public static bool IsAbsolutePath(string? path) =>
        path is ['/', ..] and { Length: <= MaxPathLength } && !path.Any(char.IsControl) && !path.Split('/').Contains("..", StringComparer.Ordinal);

    /// <summary>An id beyond 31 bits wraps around to root in some runtimes (CVE-2024-40635).</summary>
    public static bool IsUser(string user) =>
        User().IsMatch(user) && user.Split(':').All(part => !part.All(char.IsAsciiDigit) || int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    public static bool IsSignal(string signal) =>
        (int.TryParse(signal, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= LastSignal)
        || Signals.Contains(signal.StartsWith("SIG", StringComparison.Ordinal) ? signal[3..] : signal)
        || RealTimeSignal().IsMatch(signal);

    [GeneratedRegex(@"\A(?<number>[0-9]{1,5})(/(tcp|udp|sctp))?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Port();

    [GeneratedRegex(@"\A[^\s:\p{Cc}]+(:[^\s:\p{Cc}]+)?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex User();

    [GeneratedRegex(@"\A(SIG)?(RTMIN\+([1-9]|1[0-5])|RTMAX-([1-9]|1[0-4]))\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex RealTimeSignal();
}
