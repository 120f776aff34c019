using System.ComponentModel.DataAnnotations;

namespace Gateway;

/// <summary>Section <c>Containerd</c>.</summary>
internal sealed class ContainerdOptions
{
    public const string Section = "Containerd";

    /// <summary>Path of the daemon's Unix socket.</summary>
    [Required]
    public string Address { get; init; } = "/run/containerd/containerd.sock";

    /// <summary>The snapshotter images are unpacked into where a request names none.</summary>
    [Required]
    public string DefaultSnapshotter { get; init; } = "overlayfs";

    /// <summary>
    /// Whether reads may be answered from memory while containerd's metadata database proves that nothing has changed. Default true.
    /// </summary>
    public bool ReadFromMemory { get; init; } = true;

    /// <summary>Free space on containerd's disks below which no pull and no import begins, in bytes. Default 1 GiB; 0, which is none, to 1 TiB.</summary>
    [Range(0L, 1L << 40)]
    public long DiskReserve { get; init; } = 1L << 30;

    /// <summary>Whether the start is refused where another gateway of this host works on the same daemon. Default true.</summary>
    public bool Exclusive { get; init; } = true;
}
