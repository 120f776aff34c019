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

    /// <summary>
    /// Memory for what has been read of images, in bytes: half of it for documents, half for records and answers. Default 64 MiB; 0 to 4 GiB.
    /// </summary>
    [Range(0L, 4L * 1024 * 1024 * 1024)]
    public long MemoryBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Largest archive an import takes, as it is sent and after decompression, in bytes. Default 64 GiB: the largest images in use (models with their
    /// libraries) have some 50. 1 MiB to 1 TiB.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long MaxArchiveBytes { get; init; } = 64L << 30;

    /// <summary>Archives that are received or sent at the same time; more are answered 429. Default 8; 1 to 256.</summary>
    [Range(1, 256)]
    public int MaxConcurrentArchives { get; init; } = 8;
}
