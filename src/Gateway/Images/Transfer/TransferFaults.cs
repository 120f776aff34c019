using Gateway.Http;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Images.Transfer;

/// <summary>
/// What a failed transfer means. The daemon reports nearly all that goes wrong at a registry or at an unpack as UNKNOWN with a text, so the text is looked
/// through for what Go's and containerd's own errors say; it may hold addresses and paths, and is logged, never sent.
/// </summary>
internal static class TransferFaults
{
    /// <summary>By what the text holds; the first that is found counts.</summary>
    private static readonly (string Text, OciFault Fault, string Words)[] RegistryFaults =
    [
        ("unexpected commit", OciFault.DigestMismatch, "the registry sends bytes that are not those of the digest"),
        ("failed size validation", OciFault.DigestMismatch, "the registry sends bytes that are not those of the digest"),
        ("429 Too Many Requests", OciFault.RegistryRateLimited, "the registry limits the rate of requests"),
        ("401 Unauthorized", OciFault.RegistryUnauthorized, "the registry wants credentials that it accepts"),
        ("authorization failed", OciFault.RegistryUnauthorized, "the registry wants credentials that it accepts"),
        ("no basic auth credentials", OciFault.RegistryUnauthorized, "the registry wants credentials that it accepts"),
        ("failed to fetch oauth token", OciFault.RegistryUnauthorized, "the registry's token server refuses the credentials"),
        ("failed to fetch anonymous token", OciFault.RegistryUnauthorized, "the registry wants credentials"),
        ("403 Forbidden", OciFault.RegistryForbidden, "the registry forbids it"),
        ("insufficient_scope", OciFault.RegistryForbidden, "the registry forbids it"),
        ("404 Not Found", OciFault.ImageNotFound, "the registry does not have it"),
        ("from remote: not found", OciFault.ImageNotFound, "the registry does not have all of it"),
        (" 400 Bad Request", OciFault.RegistryRefused, "the registry refuses it"),
        (" 413 Request Entity Too Large", OciFault.RegistryRefused, "the registry refuses it as too large"),
        (" 422 Unprocessable Entity", OciFault.RegistryRefused, "the registry refuses it"),
        ("i/o timeout", OciFault.RegistryTimeout, "the registry does not answer"),
        ("handshake timeout", OciFault.RegistryTimeout, "the registry does not answer"),
        ("unexpected status", OciFault.RegistryUnavailable, "the registry fails"),
        ("failed to do request", OciFault.RegistryUnavailable, "containerd cannot reach the registry"),
        ("connection re", OciFault.RegistryUnavailable, "the connection to the registry breaks"),
        ("unexpected EOF", OciFault.RegistryUnavailable, "the registry ends too early"),
        ("short read", OciFault.RegistryUnavailable, "the registry ends too early"),
    ];

    private static readonly string[] UnpackFaults = ["failed to extract layer", "failed to apply", "wrong diff id", "mismatched image rootfs"];

    /// <param name="what">What could not be done, for example <c>cannot pull docker.io/library/alpine:3.20</c>.</param>
    public static Exception Of(RpcException failed, string what)
    {
        var text = failed.Status.Detail;
        if (failed.StatusCode is StatusCode.Cancelled or StatusCode.Unavailable or StatusCode.Unimplemented || ProblemTable.IsDiskFull(failed))
        {
            return failed;
        }

        if (text.Contains("image verifier", StringComparison.Ordinal))
        {
            return new ProblemException(ProblemKinds.ImageVerificationFailed, $"{what}: an image verifier of this node refuses it", failed);
        }

        if (text.Contains("no unpack platforms defined", StringComparison.Ordinal))
        {
            return new ProblemException(ProblemKinds.NotSupportedByTransfer, $"{what}: containerd's Transfer service is not configured to unpack this platform into this snapshotter", failed);
        }

        if (text.Contains("invalid content digest in response", StringComparison.Ordinal))
        {
            return new ProblemException(ProblemKinds.NotSupportedByTransfer, $"{what}: containerd's Transfer service wants the registry to name the digest of what it stored, which this one does not", failed);
        }

        // First: a broken archive also ends in an "unexpected EOF".
        if (UnpackFaults.Any(known => text.Contains(known, StringComparison.Ordinal)))
        {
            return new ProblemException(ProblemKinds.UnpackFailed, $"{what}: containerd could not unpack a layer", failed);
        }

        var fault = RegistryFaults.FirstOrDefault(known => text.Contains(known.Text, StringComparison.OrdinalIgnoreCase));
        return fault.Text is not null ? new OciException(fault.Fault, $"{what}: {fault.Words}", failed)
            : failed.StatusCode is StatusCode.NotFound ? new OciException(OciFault.ImageNotFound, $"{what}: the registry does not have all of it", failed)
            : failed;
    }
}
