using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>Reading and writing image records.</summary>
public static class ImageStore
{
    /// <summary>The record of this exact name, or null.</summary>
    public static async Task<Image?> FindImageAsync(this NamespacedClient containerd, string name, CancellationToken cancel)
    {
        try
        {
            return (await containerd.Images.GetAsync(new GetImageRequest { Name = name }, cancellationToken: cancel)).Image;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Creates the record, or moves the one that is there to the target; labels that are not named are kept.</summary>
    public static async Task<Image> PutImageAsync(
        this NamespacedClient containerd, string name, ContentDescriptor target, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        var image = new Image { Name = name, Target = target };
        image.Labels.Add(labels.ToDictionary(StringComparer.Ordinal));
        while (true)
        {
            try
            {
                return (await containerd.Images.CreateAsync(new CreateImageRequest { Image = image }, cancellationToken: cancel)).Image;
            }
            catch (RpcException exists) when (exists.StatusCode is StatusCode.AlreadyExists)
            {
                if (await UpdateAsync(containerd, image, cancel) is { } updated)
                {
                    return updated;
                }
            }
        }
    }

    /// <summary>Creates the record; null where one of this name is there.</summary>
    public static async Task<Image?> TryCreateImageAsync(this NamespacedClient containerd, string name, ContentDescriptor target, CancellationToken cancel)
    {
        try
        {
            var request = new CreateImageRequest { Image = new Image { Name = name, Target = target } };
            return (await containerd.Images.CreateAsync(request, cancellationToken: cancel)).Image;
        }
        catch (RpcException exists) when (exists.StatusCode is StatusCode.AlreadyExists)
        {
            return null;
        }
    }

    // Null where the record went between the create and the update.
    private static async Task<Image?> UpdateAsync(NamespacedClient containerd, Image image, CancellationToken cancel)
    {
        var request = new UpdateImageRequest { Image = image, UpdateMask = new FieldMask { Paths = { "target" } } };
        request.UpdateMask.Paths.AddRange(image.Labels.Keys.Select(key => "labels." + key));
        try
        {
            return (await containerd.Images.UpdateAsync(request, cancellationToken: cancel)).Image;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }
}
