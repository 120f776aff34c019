using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Http;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Images.Transfer;

/// <summary>
/// What a failed transfer means. The daemon reports nearly all that goes wrong at a registry or at an unpack as UNKNOWN with a text, so the text is looked
/// through for what Go's and containerd's own errors say; it may hold addresses and paths, and is logged, never sent.
/// </summary>
internal static partial class TransferFaults
{
    /// <summary>By what the text holds; the first that is found counts.</summary>
    private static readonly (string Text, OciFault Fault, string Words)[] RegistryFaults =
    [
        ("unexpected commit", OciFault.DigestMismatch, "the registry sends bytes that are not those of the digest"),
        ("failed size validation", OciFault.DigestMismatch, "the registry sends bytes that are not those of the digest"),
        ("authorization failed", OciFault.RegistryUnauthorized, "the registry wants credentials that it accepts"),
        ("no basic auth credentials", OciFault.RegistryUnauthorized, "the registry wants credentials that it accepts"),
        ("failed to fetch oauth token", OciFault.RegistryUnauthorized, "the registry's token server refuses the credentials"),
        ("failed to fetch anonymous token", OciFault.RegistryUnauthorized, "the registry wants credentials"),
        ("insufficient_scope", OciFault.RegistryForbidden, "the registry forbids it"),
        ("from remote: not found", OciFault.ImageNotFound, "the registry does not have all of it"),
        ("i/o timeout", OciFault.RegistryTimeout, "the registry does not answer"),
        ("handshake timeout", OciFault.RegistryTimeout, "the registry does not answer"),
        ("unexpected status", OciFault.RegistryUnavailable, "the registry fails"),
        ("failed to do request", OciFault.RegistryUnavailable, "containerd cannot reach the registry"),
        ("connection re", OciFault.RegistryUnavailable, "the connection to the registry breaks"),
        ("unexpected EOF", OciFault.RegistryUnavailable, "the registry ends too early"),
        ("short read", OciFault.RegistryUnavailable, "the registry ends too early"),
    ];

    private static readonly string[] UnpackFaults = ["failed to extract layer", "failed to apply", "wrong diff id", "mismatched image rootfs"];

    /// <param name="failed">What the daemon said.</param>
    /// <param name="what">What could not be done, for example <c>cannot pull docker.io/library/alpine:3.20</c>.</param>
    /// <param name="writes">Whether it was a push: what is missing then is not the registry's image.</param>
    public static Exception Of(RpcException failed, string what, bool writes)
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

        if (OfRegistry(text, writes) is { } known)
        {
            return new OciException(known.Fault, $"{what}: {known.Words}", failed);
        }

        return (failed.StatusCode, writes) switch
        {
            (StatusCode.NotFound, true) => new ProblemException(ProblemKinds.ContentMissing, $"{what}: containerd does not have all of it", failed),
            (StatusCode.NotFound, false) => new OciException(OciFault.ImageNotFound, $"{what}: the registry does not have all of it", failed),
            _ => failed,
        };
    }

    // A registry that is overloaded or broken is so also where a token was asked for; else what the text says goes before the number.
    private static (OciFault Fault, string Words)? OfRegistry(string text, bool writes)
    {
        var status = AnswerStatus().Match(text) is { Success: true } match ? int.Parse(match.Groups["status"].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var named = RegistryFaults.FirstOrDefault(known => text.Contains(known.Text, StringComparison.OrdinalIgnoreCase));
        return status is 429 or >= 500 || (status > 0 && named.Text is null or "unexpected status") ? OfStatus(status, writes)
            : named.Text is null ? null
            : (named.Fault, named.Words);
    }

    // As the gateway's own engine judges an answer.
    private static (OciFault Fault, string Words) OfStatus(int status, bool writes) => status switch
    {
        401 => (OciFault.RegistryUnauthorized, "the registry wants credentials that it accepts"),
        403 => (OciFault.RegistryForbidden, "the registry forbids it"),
        404 when !writes => (OciFault.ImageNotFound, "the registry does not have it"),
        429 => (OciFault.RegistryRateLimited, "the registry limits the rate of requests"),
        >= 400 and < 500 and not (408 or 425) when writes => (OciFault.RegistryRefused, $"the registry answered {status}"),
        _ => (OciFault.RegistryUnavailable, "the registry fails"),
    };

    // The words after the number are the registry's own choice.
    [GeneratedRegex("unexpected status from [A-Z]+ request to [^ ]+ (?<status>[1-5][0-9]{2})", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 250)]
    private static partial Regex AnswerStatus();
}
