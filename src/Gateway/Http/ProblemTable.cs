using Gateway.Containerd;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Http;

/// <summary>A problem as it is answered or stored with a failed job: RFC 9457 without its per-request members.</summary>
internal sealed record Problem(ProblemKind Kind, string Detail)
{
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether it is of no use to try again, though the kind is one that may pass.</summary>
    public bool IsFinal { get; init; }

    public int Status { get; init; } = Kind.Status;

    public (string Name, string Value)? Header { get; init; }
}

/// <summary>The one table by which every failure becomes a problem. containerd's own text may hold host paths: it is logged, never sent.</summary>
internal static class ProblemTable
{
    private static readonly TimeSpan ContainerdRetry = TimeSpan.FromSeconds(5);

    public static Problem From(Exception failure) => failure switch
    {
        ProblemException p => new(p.Kind, p.Message) { Errors = p.Errors, RetryAfter = p.RetryAfter, Status = p.Status ?? p.Kind.Status, Header = p.Header },
        OciException o => new(KindOf(o.Fault), o.Message) { RetryAfter = o.RetryAfter, IsFinal = o.IsFinal },
        RpcException rpc => From(LostConnection.In(rpc) ?? rpc), // of a stream; single calls tell it themselves
        BadHttpRequestException { StatusCode: 408 } => new(ProblemKinds.InvalidRequest, "the request's body came too slowly") { Status = StatusCodes.Status408RequestTimeout },
        BadHttpRequestException { StatusCode: 413 } => new(ProblemKinds.PayloadTooLarge, "the request body is larger than 1 MiB"),
        BadHttpRequestException { StatusCode: 415 } => new(ProblemKinds.UnsupportedMediaType, "send the body as application/json"),
        BadHttpRequestException bad => new(ProblemKinds.InvalidRequest, bad.Message),
        _ => new(ProblemKinds.InternalError, "the gateway failed; its log has the trace id"),
    };

    private static Problem From(RpcException rpc) => rpc.StatusCode switch
    {
        _ when rpc.Status.Detail.Contains("parse error: [", StringComparison.Ordinal) => From(ProblemException.InvalidField("filter", "is not in containerd's filter syntax")),
        StatusCode.InvalidArgument when rpc.Status.Detail.Contains("snapshotter not loaded", StringComparison.Ordinal) =>
            new(ProblemKinds.SnapshotterNotFound, "containerd has no such snapshotter; GET /v1/node lists those it has") { Status = 404 },
        StatusCode.InvalidArgument => new(ProblemKinds.InvalidRequest, "containerd refused an argument"),
        StatusCode.NotFound => new(ProblemKinds.NotFound, "containerd does not know this resource"),
        StatusCode.AlreadyExists => new(ProblemKinds.Conflict, "it exists already"),
        StatusCode.FailedPrecondition => new(ProblemKinds.Conflict, "the resource's state does not allow this"),
        StatusCode.Aborted => new(ProblemKinds.Conflict, "another change came first"),
        StatusCode.OutOfRange => new(ProblemKinds.RangeNotSatisfiable, "the range lies outside the content"),
        StatusCode.Unimplemented => new(ProblemKinds.NotSupportedByContainerd, "this containerd lacks the capability"),
        StatusCode.Unavailable => new(ProblemKinds.ContainerdUnavailable, "containerd cannot be reached") { RetryAfter = ContainerdRetry },
        StatusCode.DeadlineExceeded => new(ProblemKinds.ContainerdTimeout, "containerd did not answer in time"),
        _ when IsDiskFull(rpc) => new(ProblemKinds.InsufficientStorage, "containerd's disk is full"),
        StatusCode.ResourceExhausted => new(ProblemKinds.TooManyRequests, "containerd refuses more of this at once") { RetryAfter = ContainerdRetry },
        _ => new(ProblemKinds.ContainerdFailure, "containerd failed"),
    };

    /// <summary>containerd reports a full disk as UNKNOWN or RESOURCE_EXHAUSTED with the system's text.</summary>
    public static bool IsDiskFull(RpcException rpc) =>
        rpc.Status.Detail.Contains("no space left on device", StringComparison.Ordinal)
        || rpc.Status.Detail.Contains("disk quota exceeded", StringComparison.Ordinal);

    private static ProblemKind KindOf(OciFault fault) => fault switch
    {
        OciFault.RegistryUnauthorized => ProblemKinds.RegistryUnauthorized,
        OciFault.RegistryForbidden => ProblemKinds.RegistryForbidden,
        OciFault.ImageNotFound => ProblemKinds.ImageNotFound,
        OciFault.RegistryRefused => ProblemKinds.RegistryRefused,
        OciFault.RegistryRateLimited => ProblemKinds.RegistryRateLimited,
        OciFault.RegistryUnavailable => ProblemKinds.RegistryUnavailable,
        OciFault.RegistryTimeout => ProblemKinds.RegistryTimeout,
        OciFault.EgressDenied => ProblemKinds.EgressDenied,
        OciFault.DigestMismatch => ProblemKinds.DigestMismatch,
        OciFault.ManifestInvalid => ProblemKinds.ManifestInvalid,
        OciFault.ManifestTooLarge => ProblemKinds.ManifestTooLarge,
        OciFault.PlatformNotFound => ProblemKinds.PlatformNotFound,
        OciFault.RegistryConfigurationInvalid => ProblemKinds.RegistryConfigurationInvalid,
        OciFault.ArchiveInvalid => ProblemKinds.ArchiveInvalid,
        OciFault.ArchiveTooLarge => ProblemKinds.ArchiveTooLarge,
        OciFault.LayerInvalid => ProblemKinds.LayerInvalid,
        _ => ProblemKinds.InternalError,
    };
}
