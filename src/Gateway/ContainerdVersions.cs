using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway;

/// <summary>The versions of containerd the gateway is made for: 1.6 and later of 1.x, and 2.x. Others may mean something else by the same calls.</summary>
internal static partial class ContainerdVersions
{
    private static readonly (int Major, int Minor) First = (1, 6);
    private const int LastMajor = 2;

    /// <summary>What is wrong with a version as the daemon tells it, <c>v2.1.0</c> or <c>1.6.20~ds1</c>; null where nothing is.</summary>
    public static string? FindFault(string version)
    {
        if (Number().Match(version) is not { Success: true } match)
        {
            return $"containerd tells no version that can be judged ('{version}')";
        }

        var found = (Major: int.Parse(match.Groups["major"].Value, CultureInfo.InvariantCulture), Minor: int.Parse(match.Groups["minor"].Value, CultureInfo.InvariantCulture));
        return found.CompareTo(First) >= 0 && found.Major <= LastMajor ? null
            : $"containerd {version} is not supported: {First.Major}.{First.Minor} to {LastMajor}.x are";
    }

    [GeneratedRegex(@"\Av?(?<major>[0-9]{1,4})\.(?<minor>[0-9]{1,4})(?![0-9])", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex Number();
}
