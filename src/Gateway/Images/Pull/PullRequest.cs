using System.Text.Json.Serialization;
using Gateway.Oci;

namespace Gateway.Images.Pull;

/// <summary>What to pull, and how.</summary>
internal sealed record PullRequest
{
    /// <summary>The image, for example `alpine`, `docker.io/library/alpine:3.20` or `ghcr.io/acme/app@sha256:...`.</summary>
    public required string Reference { get; init; }

    /// <summary>Platforms to pull, `os/arch[/variant]` each. Default: the node's. At most 32.</summary>
    public IReadOnlyList<string>? Platforms { get; init; }

    /// <summary>Pulls every platform of the index. Not together with `platforms`.</summary>
    public bool AllPlatforms { get; init; }

    /// <summary>Where to unpack to. Default: the gateway's `Containerd:DefaultSnapshotter`.</summary>
    public string? Snapshotter { get; init; }

    /// <summary>Whether to unpack the layers, so that a container can start at once. Artifacts need `false`.</summary>
    public bool Unpack { get; init; } = true;

    /// <summary>Labels of the image record.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Credentials for the registry: encrypted while the job lives, gone at its end, never shown.</summary>
    public RegistryAuth? Auth { get; init; }

    /// <summary>Whether to ask the registry when a complete image of this name is here.</summary>
    public PullPolicy Policy { get; init; } = PullPolicy.Always;

    /// <summary>How long the job may take in all, `1s` to `24h`. Default `1h`.</summary>
    public string? Timeout { get; init; }
}

/// <summary>Credentials for a registry: user name with password, or an identity token, or a registry token.</summary>
internal sealed class RegistryAuth
{
    /// <summary>User name; needs `password`.</summary>
    public string? Username { get; init; }

    /// <summary>Password; needs `username`.</summary>
    public Secret? Password { get; init; }

    /// <summary>A refresh token, exchanged at the registry's token server.</summary>
    public Secret? IdentityToken { get; init; }

    /// <summary>A bearer token, sent to the registry as it is.</summary>
    public Secret? RegistryToken { get; init; }

    public RegistryCredentials ToCredentials() => new()
    {
        Username = Username,
        Password = Password,
        IdentityToken = IdentityToken,
        RegistryToken = RegistryToken,
    };
}

/// <summary>When the registry is asked.</summary>
internal enum PullPolicy
{
    /// <summary>Always: a tag may have moved.</summary>
    Always,

    /// <summary>Only where no complete image of the name is here.</summary>
    IfNotPresent,
}

/// <summary>A pull as the job keeps it: checked, normalised, and without credentials.</summary>
internal sealed record PullWork
{
    /// <summary>The normalised reference, which becomes the image's name.</summary>
    public required string Reference { get; init; }

    /// <summary>Platforms in normal form, sorted; empty with `allPlatforms`.</summary>
    public required IReadOnlyList<string> Platforms { get; init; }

    public required bool AllPlatforms { get; init; }

    /// <summary>The platforms; none stands for all.</summary>
    [JsonIgnore]
    public IReadOnlyList<Platform> WantedPlatforms => AllPlatforms ? [] : Platforms.Select(Platform.Parse).ToArray();

    public required string Snapshotter { get; init; }

    public required bool Unpack { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required PullPolicy Policy { get; init; }

    /// <summary>When the job's lease may be dropped by the daemon itself: after every attempt has run out of time.</summary>
    [JsonIgnore]
    public TimeSpan LeaseTerm => Timeout + TimeSpan.FromHours(1);

    public required TimeSpan Timeout { get; init; }
}

/// <summary>What a pull leaves behind.</summary>
/// <param name="Image">The image record.</param>
/// <param name="Changed">Whether the name stands for something else than before.</param>
/// <param name="PreviousDigest">What it stood for before, where it did.</param>
internal sealed record PullResult(ImageView Image, bool Changed, string? PreviousDigest);
