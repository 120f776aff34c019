using Gateway.Containerd.Services.Containers;

namespace Gateway.Containerd;

/// <summary>Reading container records.</summary>
public static class ContainerStore
{
    /// <summary>The containers that match one of the filters; all where there is none.</summary>
    public static async Task<IReadOnlyList<Container>> ContainersAsync(this NamespacedClient containerd, IReadOnlyList<string> filters, CancellationToken cancel)
    {
        var request = new ListContainersRequest { Filters = { filters } };
        var containers = new List<Container>();
        using var call = containerd.Containers.ListStream(request, cancellationToken: cancel);
        while (await call.ResponseStream.MoveNext(cancel))
        {
            // Without the spec and the rest that is not named in the proto: some hundred bytes instead of tens of thousands.
            var container = call.ResponseStream.Current.Container;
            var kept = new Container { Id = container.Id, Image = container.Image, Snapshotter = container.Snapshotter, SnapshotKey = container.SnapshotKey };
            kept.Labels.Add(container.Labels);
            containers.Add(kept);
        }

        return containers;
    }

    /// <summary>The filter for one value of a field, which may hold any character.</summary>
    public static string EqualsFilter(string field, string value) =>
        $"{field}==\"{System.Text.Json.JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
