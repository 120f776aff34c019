using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>Images that Kubernetes' runtime has pinned, such as the sandbox image: without them no pod starts.</summary>
internal static class ImagePins
{
    public static bool IsPinned(Image image) => image.Labels.TryGetValue(LabelNames.CriPinned, out var pin) && pin is "pinned";

    /// <summary>Throws <c>image_pinned</c> for an image that must stay as it is.</summary>
    public static void RequireUnpinned(Image image)
    {
        if (IsPinned(image))
        {
            throw new ProblemException(ProblemKinds.ImagePinned, $"'{image.Name}' is pinned by the node's Kubernetes runtime");
        }
    }
}
