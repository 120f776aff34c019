namespace Gateway.Auth;

/// <summary>The permissions of the contract. An endpoint names exactly one.</summary>
internal static class Permission
{
    public const string NamespacesRead = "namespaces:read";
    public const string NamespacesWrite = "namespaces:write";
    public const string ImagesRead = "images:read";
    public const string ImagesPull = "images:pull";
    public const string ImagesDelete = "images:delete";
    public const string SnapshotsRead = "snapshots:read";
    public const string SnapshotsWrite = "snapshots:write";
    public const string JobsRead = "jobs:read";
    public const string JobsCancel = "jobs:cancel";
    public const string NodeRead = "node:read";
    public const string Admin = "admin";
}
