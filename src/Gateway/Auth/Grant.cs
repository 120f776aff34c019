namespace Gateway.Auth;

/// <summary>
/// Permissions in namespaces. <c>admin</c> stands for every permission; a pattern may end in <c>*</c>. In the namespaces of other managers of this node
/// nothing is changed by a grant that does not say so.
/// </summary>
/// <param name="Protected">Whether it holds for changes in <see cref="ProtectedNamespaces"/> too.</param>
internal sealed record Grant(IReadOnlyList<string> Permissions, IReadOnlyList<string> Namespaces, bool Protected = false)
{
    /// <summary>The pattern of all namespaces, and what is asked for where something concerns all of them.</summary>
    public const string Everywhere = "*";

    /// <summary>Kubernetes' and Docker's: what is changed there behind their backs they lose.</summary>
    public static readonly IReadOnlyList<string> ProtectedNamespaces = ["k8s.io", "moby"];

    public bool Allows(string permission, string? @namespace) =>
        (Permissions.Contains(permission, StringComparer.Ordinal) || Permissions.Contains(Permission.Admin, StringComparer.Ordinal))
        && (@namespace is null || (Namespaces.Any(pattern => Matches(pattern, @namespace)) && (Protected || !Changes(permission, @namespace))));

    private static bool Changes(string permission, string @namespace) =>
        ProtectedNamespaces.Contains(@namespace, StringComparer.Ordinal) && !permission.EndsWith(Permission.ReadSuffix, StringComparison.Ordinal);

    private static bool Matches(string pattern, string name) => pattern.EndsWith('*')
        ? name.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : string.Equals(pattern, name, StringComparison.Ordinal);
}
