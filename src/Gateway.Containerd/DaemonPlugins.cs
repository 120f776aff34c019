using Gateway.Containerd.Services.Introspection;

namespace Gateway.Containerd;

/// <summary>A snapshotter of the daemon.</summary>
/// <param name="IsBuiltIn">Whether it is part of the daemon: what a proxied one tells of a snapshot may change at any time.</param>
public sealed record Snapshotter(string Name, bool IsBuiltIn);

/// <summary>What is loaded in the daemon.</summary>
public static class DaemonPlugins
{
    /// <summary>Plugin type of snapshotters.</summary>
    public const string SnapshotterType = "io.containerd.snapshotter.v1";

    /// <summary>Plugin type of the Transfer service.</summary>
    public const string TransferType = "io.containerd.transfer.v1";

    /// <summary>Plugin type of image verifiers, which only the Transfer service asks.</summary>
    public const string ImageVerifierType = "io.containerd.image-verifier.v1";

    private const string ContentType = "io.containerd.content.v1";

    /// <summary>Every plugin, the failed and the skipped ones too.</summary>
    public static async Task<IReadOnlyList<Plugin>> PluginsAsync(this ContainerdClient containerd, CancellationToken cancel) =>
        (await containerd.Introspection.PluginsAsync(new PluginsRequest(), cancellationToken: cancel)).Plugins;

    /// <summary>Names of the snapshotters that work, sorted.</summary>
    public static async Task<IReadOnlyList<string>> SnapshottersAsync(this ContainerdClient containerd, CancellationToken cancel) =>
        [.. (await containerd.WorkingAsync(SnapshotterType, cancel)).Select(plugin => plugin.Id)];

    /// <summary>The snapshotters that work, by name. A proxied one exports the address it is reached at.</summary>
    public static async Task<IReadOnlyList<Snapshotter>> LoadedSnapshottersAsync(this ContainerdClient containerd, CancellationToken cancel) =>
        [.. (await containerd.WorkingAsync(SnapshotterType, cancel)).Select(plugin => new Snapshotter(plugin.Id, !plugin.Exports.ContainsKey("address")))];

    /// <summary>Folders in which the daemon keeps content and the snapshotter's files, as the daemon names them; a proxied snapshotter tells none.</summary>
    public static async Task<IReadOnlyList<string>> FoldersAsync(this ContainerdClient containerd, string snapshotter, CancellationToken cancel)
    {
        var request = new PluginsRequest { Filters = { $"type=={ContentType}", $"type=={SnapshotterType},{FilterText.Equal("id", snapshotter)}" } };
        var answer = await containerd.Introspection.PluginsAsync(request, cancellationToken: cancel);
        return [.. answer.Plugins.Select(plugin => plugin.Exports.GetValueOrDefault("root")).OfType<string>()];
    }

    /// <summary>The plugins of a type that work, by id.</summary>
    public static async Task<IReadOnlyList<Plugin>> WorkingAsync(this ContainerdClient containerd, string type, CancellationToken cancel)
    {
        var request = new PluginsRequest { Filters = { $"type=={type}" } };
        var answer = await containerd.Introspection.PluginsAsync(request, cancellationToken: cancel);
        return [.. answer.Plugins.Where(plugin => plugin.InitErr is null).OrderBy(plugin => plugin.Id, StringComparer.Ordinal)];
    }
}
