using Gateway.Containerd.Services.Namespaces;

namespace Gateway.Containerd.Tenancy;

/// <summary>Namespaces whose content any other namespace is given that names its digest, whatever the daemon's policy.</summary>
public static class ShareableNamespaces
{
    /// <summary>The label that makes one such; daemons before 1.7 know it not.</summary>
    public const string Label = "containerd.io/namespace.shareable";

    /// <summary>Their names, sorted.</summary>
    public static async Task<IReadOnlyList<string>> ShareableNamespacesAsync(this ContainerdClient containerd, CancellationToken cancel) =>
    [
        .. (await containerd.Namespaces.ListAsync(new ListNamespacesRequest(), cancellationToken: cancel)).Namespaces
            .Where(found => found.Labels.GetValueOrDefault(Label) is "true").Select(found => found.Name).Order(StringComparer.Ordinal),
    ];
}
