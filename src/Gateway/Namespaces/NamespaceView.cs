using Gateway.Containerd;
using Gateway.Containerd.Services.Namespaces;
using Gateway.Http;

namespace Gateway.Namespaces;

/// <summary>A namespace of containerd.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels; those of containerd are shown but cannot be set.</param>
internal sealed record NamespaceView(string Name, IReadOnlyDictionary<string, string> Labels)
{
    public static NamespaceView From(Namespace of) => new(of.Name, new SortedDictionary<string, string>(of.Labels, StringComparer.Ordinal));

    /// <summary>All namespaces by name. The daemon's own Get never says that one is not there, so existence is told by its list.</summary>
    public static async Task<IReadOnlyList<NamespaceView>> AllAsync(ContainerdClient containerd, CancellationToken cancel) =>
        (await containerd.Namespaces.ListAsync(new ListNamespacesRequest(), cancellationToken: cancel)).Namespaces
            .Select(From).OrderBy(view => view.Name, StringComparer.Ordinal).ToArray();

    public static async Task<NamespaceView> RequireAsync(ContainerdClient containerd, string name, CancellationToken cancel) =>
        (await AllAsync(containerd, cancel)).FirstOrDefault(view => view.Name == name)
            ?? throw new ProblemException(ProblemKinds.NotFound, $"there is no namespace '{name}'");
}
