namespace Gateway.ContainerdTests.Auth;

/// <summary>What an operation takes, written down by hand beside what the code declares.</summary>
internal enum Reach
{
    /// <summary>The permission in the namespace of the path.</summary>
    Namespace,

    /// <summary>The permission in any namespace.</summary>
    Anywhere,

    /// <summary>The permission in all namespaces.</summary>
    Everywhere,

    /// <summary>Valid credentials: what it gives is the caller's own.</summary>
    Caller,

    /// <summary>Nothing.</summary>
    Open,
}

/// <summary>Every operation with its permission and reach.</summary>
internal static class AccessMatrix
{
    public static IReadOnlyDictionary<string, (string Permission, Reach Reach)> Rows { get; } = new Dictionary<string, (string, Reach)>
    {
        ["getLiveness"] = ("", Reach.Open),
        ["getReadiness"] = ("", Reach.Open),
        ["getProblem"] = ("", Reach.Open),
        ["createAccessGrant"] = ("admin", Reach.Everywhere),
        ["listAccessGrants"] = ("admin", Reach.Everywhere),
        ["getAccessGrant"] = ("admin", Reach.Everywhere),
        ["deleteAccessGrant"] = ("admin", Reach.Everywhere),
        ["createAccessKey"] = ("admin", Reach.Everywhere),
        ["listAccessKeys"] = ("admin", Reach.Everywhere),
        ["getAccessKey"] = ("admin", Reach.Everywhere),
        ["deleteAccessKey"] = ("admin", Reach.Everywhere),
        ["rotateAccessKey"] = ("admin", Reach.Everywhere),
        ["getAccess"] = ("", Reach.Caller),
        ["listAudit"] = ("audit:read", Reach.Anywhere), // and then what it may see of it
        ["listJobs"] = ("jobs:read", Reach.Caller),
        ["getJob"] = ("jobs:read", Reach.Caller),
        ["deleteJob"] = ("jobs:cancel", Reach.Caller),
        ["cancelJob"] = ("jobs:cancel", Reach.Caller),
        ["getJobEvents"] = ("jobs:read", Reach.Caller),
        ["listNamespaces"] = ("namespaces:read", Reach.Anywhere),
        ["createNamespace"] = ("namespaces:write", Reach.Anywhere), // and then in the namespace that its body names
        ["getNamespace"] = ("namespaces:read", Reach.Namespace),
        ["updateNamespace"] = ("namespaces:write", Reach.Namespace),
        ["deleteNamespace"] = ("namespaces:write", Reach.Namespace),
        ["listContent"] = ("content:read", Reach.Namespace),
        ["getContent"] = ("content:read", Reach.Namespace),
        ["headContent"] = ("content:read", Reach.Namespace),
        ["putContent"] = ("content:write", Reach.Namespace),
        ["updateContent"] = ("content:write", Reach.Namespace),
        ["deleteContent"] = ("content:write", Reach.Namespace),
        ["getContentReferences"] = ("content:read", Reach.Namespace),
        ["listImages"] = ("images:read", Reach.Namespace),
        ["commitImage"] = ("images:write", Reach.Namespace),
        ["composeImage"] = ("images:write", Reach.Namespace),
        ["exportImages"] = ("images:read", Reach.Namespace),
        ["importImages"] = ("images:write", Reach.Namespace),
        ["pruneImages"] = ("images:delete", Reach.Namespace),
        ["pullImage"] = ("images:pull", Reach.Namespace),
        ["pushImage"] = ("images:push", Reach.Namespace),
        ["resolveImage"] = ("images:pull", Reach.Namespace),
        ["tagImage"] = ("images:write", Reach.Namespace),
        ["getImage"] = ("images:read", Reach.Namespace),
        ["updateImage"] = ("images:write", Reach.Namespace),
        ["deleteImage"] = ("images:delete", Reach.Namespace),
        ["getImageConfig"] = ("images:read", Reach.Namespace),
        ["getImageManifest"] = ("images:read", Reach.Namespace),
        ["listIngests"] = ("content:read", Reach.Namespace),
        ["deleteIngest"] = ("content:write", Reach.Namespace),
        ["listLeases"] = ("leases:read", Reach.Namespace),
        ["createLease"] = ("leases:write", Reach.Namespace),
        ["getLease"] = ("leases:read", Reach.Namespace),
        ["updateLease"] = ("leases:write", Reach.Namespace),
        ["deleteLease"] = ("leases:write", Reach.Namespace),
        ["listLeaseResources"] = ("leases:read", Reach.Namespace),
        ["addLeaseResource"] = ("leases:write", Reach.Namespace),
        ["deleteLeaseResource"] = ("leases:write", Reach.Namespace),
        ["cleanupSnapshotter"] = ("snapshots:write", Reach.Namespace),
        ["listSnapshots"] = ("snapshots:read", Reach.Namespace),
        ["createSnapshot"] = ("snapshots:write", Reach.Namespace),
        ["getSnapshot"] = ("snapshots:read", Reach.Namespace),
        ["updateSnapshot"] = ("snapshots:write", Reach.Namespace),
        ["deleteSnapshot"] = ("snapshots:write", Reach.Namespace),
        ["listSnapshotChanges"] = ("snapshots:read", Reach.Namespace),
        ["commitSnapshot"] = ("snapshots:write", Reach.Namespace),
        ["diffSnapshot"] = ("snapshots:write", Reach.Namespace),
        ["getSnapshotFiles"] = ("snapshots:read", Reach.Namespace),
        ["getSnapshotMounts"] = ("snapshots:read", Reach.Namespace),
        ["getSnapshotUsage"] = ("snapshots:read", Reach.Namespace),
        ["getNode"] = ("node:read", Reach.Anywhere),
        ["createWebhook"] = ("jobs:read", Reach.Anywhere), // and then in the namespace that its body names
        ["listWebhooks"] = ("jobs:read", Reach.Caller),
        ["getWebhook"] = ("jobs:read", Reach.Caller),
        ["deleteWebhook"] = ("jobs:read", Reach.Caller),
        ["listWebhookDeliveries"] = ("jobs:read", Reach.Caller),
        ["redeliverWebhook"] = ("jobs:read", Reach.Caller),
        ["resumeWebhook"] = ("jobs:read", Reach.Caller),
    };
}
