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
}
