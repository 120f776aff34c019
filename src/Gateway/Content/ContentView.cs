using Gateway.Containerd;
using Gateway.Containerd.Services.Content;

namespace Gateway.Content;

/// <summary>A blob of the content store.</summary>
internal sealed record ContentView
{
    /// <summary>Its digest.</summary>
    public required string Digest { get; init; }

    /// <summary>Its length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Its labels; those of containerd are shown but cannot be set.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>When the namespace got it.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When its labels were last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    public static ContentView From(Info info) => new()
    {
        Digest = info.Digest,
        Size = info.Size,
        Labels = new SortedDictionary<string, string>(info.Labels, StringComparer.Ordinal),
        CreatedAt = info.CreatedAt.OrNull(),
        UpdatedAt = info.UpdatedAt.OrNull(),
    };
}
