namespace Gateway.Oci;

/// <summary>What went wrong with a registry or with what it sent; each is a problem code of the contract.</summary>
public enum OciFault
{
    /// <summary>401, or a token server that refused the credentials.</summary>
    RegistryUnauthorized,

    /// <summary>403.</summary>
    RegistryForbidden,

    /// <summary>404: the registry knows no such repository, tag or digest.</summary>
    ImageNotFound,

    /// <summary>Another 4xx to what was pushed: the registry will not have it.</summary>
    RegistryRefused,

    /// <summary>429 to the end of all retries.</summary>
    RegistryRateLimited,

    /// <summary>No connection, reset, TLS failure, or 5xx to the end of all retries.</summary>
    RegistryUnavailable,

    /// <summary>The registry stopped sending.</summary>
    RegistryTimeout,

    /// <summary>The address, realm or redirect is not one that may be reached.</summary>
    EgressDenied,

    /// <summary>The bytes are not those the digest or size promised.</summary>
    DigestMismatch,

    /// <summary>A manifest, index or config that is malformed, of another type than announced, or refused (schema 1, foreign layers).</summary>
    ManifestInvalid,

    /// <summary>A document over its size limit.</summary>
    ManifestTooLarge,

    /// <summary>No entry of the index fits a wanted platform.</summary>
    PlatformNotFound,

    /// <summary>The hosts.toml or certificates for this registry cannot be used.</summary>
    RegistryConfigurationInvalid,

    /// <summary>An archive that is malformed, damaged, incomplete, or no image archive.</summary>
    ArchiveInvalid,

    /// <summary>An archive, or something in it, over a limit.</summary>
    ArchiveTooLarge,

    /// <summary>Content that was named as a layer and is none.</summary>
    LayerInvalid,
}

/// <summary>A broken promise of a registry or of a document it sent.</summary>
public sealed class OciException : Exception
{
    /// <summary>Makes one; the message is sent to callers, so it holds no credential, no host path and no registry body unescaped.</summary>
    public OciException(OciFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>Which promise was broken.</summary>
    public OciFault Fault { get; }

    /// <summary>Whether the same request is certain to fail again, though others of its kind may not.</summary>
    public bool IsFinal { get; init; }

    /// <summary>How long the registry asked to wait, where it did.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
