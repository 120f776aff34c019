using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Namespaces;

/// <summary>getNamespace.</summary>
internal static class GetNamespace
{
    public static async Task<IResult> Handle(HttpContext http, string @namespace, ContainerdClient containerd, CancellationToken cancel) =>
        Resource.Ok(http, await NamespaceView.RequireAsync(containerd, @namespace, cancel));
}
