using System.Diagnostics;
using System.Reflection;
using Gateway.Auth;
using Gateway.Containerd;
using Gateway.Containerd.Freshness;
using Gateway.Containerd.Services.Introspection;
using Gateway.Containerd.Tenancy;
using Gateway.Http;
using Gateway.Oci;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Gateway.Node;

/// <summary>getNode: what this node is and can do.</summary>
internal static class GetNode
{
    private const string RuntimeType = "io.containerd.runtime.v2";
    private static readonly string Version = typeof(GetNode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static async Task<IResult> Handle(
        HttpContext http, Caller caller, ContainerdClient containerd, MetadataStamps stamps, DiskUse diskUse, ImageEngines engines, TenancyState tenancy,
        IOptions<ContainerdOptions> options, IOptions<TenancyOptions> mode, TimeProvider time, CancellationToken cancel)
    {
        var version = await containerd.Version.VersionAsync(new Empty(), cancellationToken: cancel);
        var server = await containerd.Introspection.ServerAsync(new Empty(), cancellationToken: cancel);
        var plugins = await containerd.PluginsAsync(cancel);
        var isProven = await stamps.NowAsync(cancel) is not null;
        var shareable = await containerd.ShareableNamespacesAsync(cancel);
        var started = new DateTimeOffset(Process.GetCurrentProcess().StartTime).ToUniversalTime();
        return Resource.Fresh(http, new NodeView
        {
            Gateway = new GatewayView(Version, Platform.Host.ToString(), started, (long)(time.GetUtcNow() - started).TotalSeconds),
            Containerd = new ContainerdView(version.Version, version.Revision, server.Uuid, server.Deprecations.Select(warning => warning.Message).ToArray()),
            Capabilities = new CapabilitiesView(
                Has(plugins, DaemonPlugins.TransferType), Has(plugins, "io.containerd.streaming.v1"),
                Has(plugins, "io.containerd.sandbox.controller.v1"), Has(plugins, DaemonPlugins.ImageVerifierType)),
            Tenancy = new TenancyView(
                mode.Value.Mode, tenancy.Sharing, shareable.Where(name => caller.May(Permission.NamespacesRead, name)).ToArray()),
            ImageEngine = await engines.ChooseAsync(cancel),
            Snapshotters = plugins.Where(plugin => plugin.Type == DaemonPlugins.SnapshotterType && plugin.InitErr is null)
                .OrderBy(plugin => plugin.Id, StringComparer.Ordinal)
                .Select(plugin => new SnapshotterView(plugin.Id, plugin.Id == options.Value.DefaultSnapshotter, [.. plugin.Capabilities])).ToArray(),
            Runtimes = Has(plugins, RuntimeType) ? ["io.containerd.runc.v2"] : [],
            Plugins = plugins.Select(plugin => new PluginView(plugin.Type, plugin.Id, StatusOf(plugin)))
                .OrderBy(plugin => plugin.Type, StringComparer.Ordinal).ThenBy(plugin => plugin.Id, StringComparer.Ordinal).ToArray(),
            Reads = new ReadsView(isProven, isProven ? null : stamps.Reason ?? "the metadata database is being looked for"),
            DiskUse = await diskUse.MeasureAsync(cancel),
        });
    }

    private static bool Has(IReadOnlyList<Plugin> plugins, string type) => plugins.Any(plugin => plugin.Type == type && plugin.InitErr is null);

    // A plugin that steps aside reports that as an error, too.
    private static PluginStatus StatusOf(Plugin plugin) =>
        plugin.InitErr is null ? PluginStatus.Ok
        : plugin.InitErr.Message.Contains("skip plugin", StringComparison.Ordinal) ? PluginStatus.Skipped
        : PluginStatus.Failed;
}
