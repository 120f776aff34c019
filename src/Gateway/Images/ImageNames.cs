using Gateway.Containerd;
using Gateway.Containerd.Freshness;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>Finds the record that is meant.</summary>
internal static class ImageNames
{
    // Longer than any reference: what stands under odd names can still be read and deleted.
    private const int MaxNameLength = 4096;

    /// <summary>An exact stored name wins over its normalised form.</summary>
    public static Task<Image> RequireAsync(NamespacedClient client, string name, CancellationToken cancel) =>
        RequireAsync(name, client.Namespace, stored => new(client.FindImageAsync(stored, cancel)));

    /// <summary>The same out of a reading.</summary>
    public static Task<Image> RequireAsync(NamespaceReading reading, string name, CancellationToken cancel) =>
        RequireAsync(name, reading.Client.Namespace, stored => reading.FindImageAsync(stored, cancel));

    /// <summary>What a stored name is.</summary>
    public static ImageKind KindOf(string name) =>
        Digest.TryParse(name, out _) ? ImageKind.ConfigId
        : !ImageReference.TryParse(name, out var reference) ? ImageKind.Other
        : reference.Digest is null ? ImageKind.Tag
        : ImageKind.Digest;

    private static async Task<Image> RequireAsync(string name, string containerdNamespace, Func<string, ValueTask<Image?>> find)
    {
        if (name.Length is 0 or > MaxNameLength)
        {
            throw ProblemException.InvalidField("reference", $"is empty or longer than {MaxNameLength} characters");
        }

        var image = await find(name);
        if (image is null && ImageReference.TryParse(name, out var reference) && reference.Name != name)
        {
            image = await find(reference.Name);
        }

        return image ?? throw new ProblemException(ProblemKinds.ImageNotFound, $"no image named '{name}' is stored in namespace '{containerdNamespace}'");
    }
}
