using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Namespaces;

namespace Gateway.Containerd;

/// <summary>What other namespaces hold.</summary>
public static class SharedContent
{
    /// <summary>
    /// Those of the digests that another namespace holds. Under the default content sharing policy the daemon hands such a blob to whoever names
    /// its digest and size, without a byte being shown.
    /// </summary>
    public static async Task<IReadOnlySet<string>> HeldElsewhereAsync(
        this ContainerdClient containerd, string containerdNamespace, IReadOnlyCollection<string> digests, CancellationToken cancel)
    {
        var held = new HashSet<string>(StringComparer.Ordinal);
        if (digests.Count is 0)
        {
            return held;
        }

        var namespaces = await containerd.Namespaces.ListAsync(new ListNamespacesRequest(), cancellationToken: cancel);
        var request = new ListContentRequest();
        request.Filters.Add(digests.Select(digest => $"digest=={digest}"));
        foreach (var other in namespaces.Namespaces.Where(other => other.Name != containerdNamespace))
        {
            using var list = containerd.In(other.Name).Content.List(request, cancellationToken: cancel);
            while (await list.ResponseStream.MoveNext(cancel))
            {
                held.UnionWith(list.ResponseStream.Current.Info.Select(info => info.Digest));
            }
        }

        return held;
    }
}
