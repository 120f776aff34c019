using Gateway.TestKit;

namespace Gateway.ContainerdTests.Auth;

/// <summary>Somebody who asks, and by the words of the contract what they may.</summary>
/// <param name="Permissions">All of them where it is <c>admin</c>.</param>
/// <param name="Namespaces">A name, or its beginning and <c>*</c>.</param>
internal sealed record Principal(string Name, string[] Permissions, string Namespaces, bool Protected = false)
{
    public const string Secret = $"{Canary.Mark}ofTheMatrixHaveOneForAllTogeth0";

    private static readonly string[] Ordinary =
    [
        "namespaces:read", "namespaces:write", "images:read", "images:pull", "images:push", "images:write", "images:delete", "content:read", "content:write",
        "leases:read", "leases:write", "snapshots:read", "snapshots:write", "jobs:read", "jobs:cancel", "node:read", "audit:read",
    ];

    /// <summary>Those with a key. Beside them comes who has none, and who has a wrong one.</summary>
    public static IReadOnlyList<Principal> All { get; } =
    [
        new("reader", [.. Ordinary.Where(permission => permission.EndsWith(":read", StringComparison.Ordinal))], "team-a"),
        new("writer", Ordinary, "team-a"),
        new("puller", ["images:pull"], "*"),
        new("lead", ["admin"], "team-*"),
        new("admin", ["admin"], "*"),
        new("root", ["admin"], "*", Protected: true),
        new("kubelet", ["images:read", "images:pull", "images:delete"], "k8s.io", Protected: true),
    ];

    public string Key => $"gwk_{Name}_{Secret}";

    public bool May(string permission, Reach reach, string ns) => reach switch
    {
        Reach.Open or Reach.Caller => true,
        Reach.Anywhere => Holds(permission),
        Reach.Everywhere => Holds(permission) && Namespaces is "*",
        _ => Holds(permission) && Covers(ns) && (Protected || ns is not ("k8s.io" or "moby") || permission.EndsWith(":read", StringComparison.Ordinal)),
    };

    private bool Holds(string permission) => Permissions.Contains(permission) || Permissions.Contains("admin");

    private bool Covers(string ns) => Namespaces.EndsWith('*') ? ns.StartsWith(Namespaces[..^1], StringComparison.Ordinal) : ns == Namespaces;
}
