using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>Finds the record a path names.</summary>
internal static class ImageNames
{
    // Longer than any reference: what stands under odd names can still be read and deleted.
    private const int MaxNameLength = 4096;

    /// <summary>An exact stored name wins over its normalised form.</summary>
    public static async Task<Image> RequireAsync(NamespacedClient client, string pathValue, CancellationToken cancel)
    {
        // Routing decodes a path but for %2F.
        var name = pathValue.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (name.Length is 0 or > MaxNameLength)
        {
            throw ProblemException.InvalidField("reference", $"is empty or longer than {MaxNameLength} characters");
        }

        var image = await client.FindImageAsync(name, cancel);
        if (image is null && ImageReference.TryParse(name, out var reference) && reference.Name != name)
        {
            image = await client.FindImageAsync(reference.Name, cancel);
        }

        return image ?? throw new ProblemException(ProblemKinds.ImageNotFound, $"no image named '{name}' is stored in namespace '{client.Namespace}'");
    }
}
