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

    /// <summary>The records that one of the filters matches, all where there is none; ordered by name, ordinally.</summary>
    public static async Task<IReadOnlyList<Image>> ListImagesAsync(
        this NamespacedClient containerd, IReadOnlyList<string> filters, CancellationToken cancel)
    {
        var request = new ListImagesRequest();
        request.Filters.Add(filters);
        var images = (await containerd.Images.ListAsync(request, cancellationToken: cancel)).Images.ToArray();
        Array.Sort(images, (one, other) => string.CompareOrdinal(one.Name, other.Name));
        return images;
    }

    /// <summary>Creates the record, or moves the one that is there to the target; labels that are not named are kept.</summary>
    public static async Task<Image> PutImageAsync(
        this NamespacedClient containerd, string name, ContentDescriptor target, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        while (true)
        {
            if (await containerd.CreateImageAsync(name, target, labels, cancel) is { } created)
            {
                return created;
            }

            if (await containerd.UpdateImageAsync(name, target, moves: true, labels, cancel) is { } updated)
            {
                return updated;
            }
        }
    }

    /// <summary>Creates the record; null where one of this name is there.</summary>
    public static async Task<Image?> CreateImageAsync(
        this NamespacedClient containerd, string name, ContentDescriptor target, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        try
        {
            var request = new CreateImageRequest { Image = Record(name, target, labels) };
            return (await containerd.Images.CreateAsync(request, cancellationToken: cancel)).Image;
        }
        catch (RpcException exists) when (exists.StatusCode is StatusCode.AlreadyExists)
        {
            return null;
        }
    }

    /// <summary>Sets labels of the record, an empty value removing one, and leaves all others as they are; null where there is no such record.</summary>
    /// <param name="target">Must be given even where it stays as it is: 1.7 and 2.x crash without it.</param>
    /// <param name="moves">Whether the record is moved to the target.</param>
    public static async Task<Image?> UpdateImageAsync(
        this NamespacedClient containerd, string name, ContentDescriptor target, bool moves, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        var request = new UpdateImageRequest { Image = Record(name, target, labels), UpdateMask = new FieldMask() };
        request.UpdateMask.Paths.AddRange(moves ? ["target"] : []);
        request.UpdateMask.Paths.AddRange(labels.Keys.Select(key => "labels." + key));
        try
        {
            return (await containerd.Images.UpdateAsync(request, cancellationToken: cancel)).Image;
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Removes the record; one that is not there is as good.</summary>
    /// <param name="sync">Whether to wait until the garbage collector has taken what nothing else holds.</param>
    public static async Task DeleteImageAsync(this NamespacedClient containerd, string name, bool sync, CancellationToken cancel)
    {
        try
        {
            await containerd.Images.DeleteAsync(new DeleteImageRequest { Name = name, Sync = sync }, cancellationToken: cancel);
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            // Another client was first.
        }
    }

    private static Image Record(string name, ContentDescriptor target, IReadOnlyDictionary<string, string> labels)
    {
        var image = new Image { Name = name, Target = target };
        image.Labels.Add(labels.ToDictionary(StringComparer.Ordinal));
        return image;
    }
}
