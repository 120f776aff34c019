using System.ComponentModel.DataAnnotations;

namespace Gateway.Content;

/// <summary>Section <c>Content</c>.</summary>
internal sealed class ContentOptions
{
    public const string Section = "Content";

    /// <summary>Largest blob a caller may upload, in bytes. Default 64 GiB; 1 byte to 16 TiB.</summary>
    [Range(1L, 16L << 40)]
    public long MaxUploadBytes { get; init; } = 64L << 30;
}
