using System.Reflection;

namespace Gateway.Auth;

/// <summary>The permissions of the contract. An endpoint names exactly one.</summary>
internal static class Permission
{
    /// <summary>What permissions end in that change nothing.</summary>
    public const string ReadSuffix = ":read";

    public const string NamespacesRead = "namespaces:read";
    public const string NamespacesWrite = "namespaces:write";
    public const string ImagesRead = "images:read";
    public const string ImagesPull = "images:pull";
    public const string ImagesPush = "images:push";
    public const string ImagesWrite = "images:write";
    public const string ImagesDelete = "images:delete";
    public const string ContentRead = "content:read";
    public const string ContentWrite = "content:write";
    public const string LeasesRead = "leases:read";
    public const string LeasesWrite = "leases:write";
    public const string SnapshotsRead = "snapshots:read";
    public const string SnapshotsWrite = "snapshots:write";
    public const string JobsRead = "jobs:read";
    public const string JobsCancel = "jobs:cancel";
    public const string NodeRead = "node:read";
    public const string AuditRead = "audit:read";
    public const string Admin = "admin";

    /// <summary>Every permission by its name.</summary>
    public static IReadOnlySet<string> All { get; } = typeof(Permission).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (string)field.GetRawConstantValue()!).Where(name => name != ReadSuffix).ToHashSet(StringComparer.Ordinal);
}
