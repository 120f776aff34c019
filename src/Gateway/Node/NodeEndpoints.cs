using Gateway.Auth;

namespace Gateway.Node;

/// <summary>Route of tag "Node".</summary>
internal static class NodeEndpoints
{
    public static void AddNode(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<DiskUse>();

    public static void MapNode(this IEndpointRouteBuilder v1) =>
        v1.MapGet("/node", GetNode.Handle).Needs(Permission.NodeRead).WithTags("Node").WithName("getNode")
            .WithSummary("Get the node").WithDescription("Versions, capabilities, snapshotters, plugins and disk use of this node's containerd.").Produces<NodeView>();
}
