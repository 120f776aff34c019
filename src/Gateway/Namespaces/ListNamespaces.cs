using Gateway.Auth;
using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Namespaces;

/// <summary>listNamespaces: the namespaces the caller may read, by name.</summary>
internal static class ListNamespaces
{
    public static async Task<IResult> Handle(
        HttpContext http, [AsParameters] PageRequest page, Caller caller, ContainerdClient containerd, CancellationToken cancel)
    {
        var visible = (await NamespaceView.AllAsync(containerd, cancel)).Where(view => caller.May(Permission.NamespacesRead, view.Name)).ToArray();
        return Paging.Answer(http, Paging.Slice(visible, view => view.Name, page));
    }
}
