using Gateway.Containerd;
using Gateway.Containerd.Services.Namespaces;
using Gateway.Http;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Namespaces;

/// <summary>updateNamespace: changes labels by JSON Merge Patch; a null removes one.</summary>
internal static class UpdateNamespace
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, LabelsPatch patch, ContainerdClient containerd, CancellationToken cancel)
    {
        var current = await NamespaceView.RequireAsync(containerd, @namespace, cancel);
        Resource.RequireMatch(http, current);
        var changes = patch.Changes();
        patch.RequireRoom(current.Labels.Keys);
        var request = new UpdateNamespaceRequest { Namespace = new Namespace { Name = @namespace }, UpdateMask = new FieldMask() };
        foreach (var (key, value) in changes)
        {
            // An empty value removes the label in the daemon.
            request.Namespace.Labels[key] = value ?? "";
            request.UpdateMask.Paths.Add("labels." + key);
        }

        if (request.UpdateMask.Paths.Count > 0)
        {
            await containerd.In(@namespace).Namespaces.UpdateAsync(request, cancellationToken: cancel);
        }

        return Resource.Ok(http, await NamespaceView.RequireAsync(containerd, @namespace, cancel));
    }
}
