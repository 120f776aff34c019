using System.ComponentModel.DataAnnotations;

namespace Gateway.Images;

/// <summary>Section <c>Images</c>.</summary>
internal sealed class ImageOptions
{
    public const string Section = "Images";

    /// <summary>Layers one pull downloads at the same time. Default 3, as containerd's own clients; 1 to 64.</summary>
    [Range(1, 64)]
    public int MaxConcurrentDownloads { get; init; } = 3;

    /// <summary>Layers all pulls of the node download at the same time. Default 6; 1 to 256.</summary>
    [Range(1, 256)]
    public int MaxConcurrentDownloadsPerNode { get; init; } = 6;

    /// <summary>Blobs one push uploads at the same time. Default 3, as containerd's own clients; 1 to 64.</summary>
    [Range(1, 64)]
    public int MaxConcurrentUploads { get; init; } = 3;

    /// <summary>Time a push may take where the request names none. Default 1 hour; 1 second to 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PushTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time a pull may take where the request names none. Default 1 hour; 1 second to 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan PullTimeout { get; init; } = TimeSpan.FromHours(1);
}
