using System.Text.RegularExpressions;
using Gateway.Http;

namespace Gateway.Auth;

/// <summary>What a grant may say. One that could never hold, or names what there is not, is a mistake.</summary>
internal static partial class GrantRules
{
    /// <summary>Permissions, and as many patterns.</summary>
    public const int MaxEntries = 64;

    public static IEnumerable<string> Faults(IReadOnlyList<string?> permissions, IReadOnlyList<string?> namespaces)
    {
        if (permissions.Count is 0 or > MaxEntries || namespaces.Count is 0 or > MaxEntries)
        {
            yield return $"needs 1 to {MaxEntries} permissions and as many namespaces";
        }

        foreach (var permission in permissions.Where(permission => permission is null || !Permission.All.Contains(permission)))
        {
            yield return $"names the permission '{permission}', which there is not";
        }

        foreach (var pattern in namespaces.Where(pattern => pattern is null || (!Validation.IsNamespaceName(pattern) && !Prefix().IsMatch(pattern))))
        {
            yield return $"names '{pattern}', which is neither a namespace's name nor the beginning of one and '*'";
        }
    }

    [GeneratedRegex(@"\A([A-Za-z0-9][A-Za-z0-9._-]{0,75})?\*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Prefix();
}
