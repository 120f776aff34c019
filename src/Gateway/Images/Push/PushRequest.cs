using System.Text.Json.Serialization;
using Gateway.Images.Pull;
using Gateway.Oci;

namespace Gateway.Images.Push;

/// <summary>What to push, and where to.</summary>
internal sealed record PushRequest
{
    /// <summary>A stored image's name; an exact one wins over its normalised form.</summary>
    public required string Reference { get; init; }

    /// <summary>The name it gets in a registry, with a tag. Default: the stored name.</summary>
    public string? Target { get; init; }

    /// <summary>Platforms to push, `os/arch[/variant]` each, at most 32. Default: all that the image has.</summary>
    public IReadOnlyList<string>? Platforms { get; init; }

    /// <summary>Credentials for the target's registry: encrypted while the job lives, gone at its end, never shown.</summary>
    public RegistryAuth? Auth { get; init; }

    /// <summary>How long the job may take in all, `1s` to `24h`. Default `1h`.</summary>
    public string? Timeout { get; init; }
}

/// <summary>A push as the job keeps it: checked, normalised, and without credentials.</summary>
internal sealed record PushWork
{
    /// <summary>The stored name.</summary>
    public required string Reference { get; init; }

    /// <summary>What the name stood for when the push was asked for: that is pushed, also when the name moves meanwhile.</summary>
    public required Descriptor Image { get; init; }

    /// <summary>The normalised reference in the registry.</summary>
    public required string Target { get; init; }

    /// <summary>Platforms in normal form, sorted; empty for all.</summary>
    public required IReadOnlyList<string> Platforms { get; init; }

    /// <summary>When the job's lease may be dropped by the daemon itself: after every attempt has run out of time.</summary>
    [JsonIgnore]
    public TimeSpan LeaseTerm => Timeout + TimeSpan.FromHours(1);

    public required TimeSpan Timeout { get; init; }
}

/// <summary>What a push did.</summary>
/// <param name="Target">The reference that was pushed to.</param>
/// <param name="Digest">What it names now.</param>
/// <param name="MediaType">The media type of that.</param>
/// <param name="Size">The size of that, in bytes.</param>
/// <param name="Changed">Whether the reference named something else before, or nothing.</param>
/// <param name="Uploaded">What was sent, manifests included.</param>
/// <param name="Mounted">What the registry took from another of its repositories.</param>
/// <param name="Existing">What was there.</param>
internal sealed record PushResult(
    string Target, string Digest, string MediaType, long Size, bool Changed, PushedBlobs Uploaded, PushedBlobs Mounted, PushedBlobs Existing);

/// <summary>How many blobs, and their size together.</summary>
/// <param name="Count">Blobs and manifests.</param>
/// <param name="Bytes">Their sizes' sum.</param>
internal sealed record PushedBlobs(int Count, long Bytes);
