using Gateway.Http;
using Gateway.Images.Transfer;
using Grpc.Core;

namespace Gateway.Tests.Images;

/// <summary>Texts as containerd 2.x gives them.</summary>
public sealed class TransferFaultsTests
{
    public static TheoryData<StatusCode, string, string> Texts => new()
    {
        { StatusCode.Unknown, "blocking pull of r/a:1@sha256:x with digest sha256:x: image verifier bindir rejected pull: verifier x rejected image (exit code 1): no", "image_verification_failed" },
        { StatusCode.InvalidArgument, "unable to initialize unpacker: no unpack platforms defined: invalid argument", "not_supported_by_transfer" },
        { StatusCode.Unknown, "failed commit on ref \"config-sha256:x\": invalid content digest in response: invalid checksum digest format", "not_supported_by_transfer" },
        { StatusCode.Unknown, "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://r/v2/a/blobs/sha256:x: 401 Unauthorized", "registry_unauthorized" },
        { StatusCode.Unknown, "failed to resolve image: failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://t/token: 400 Bad Request", "registry_unauthorized" },
        { StatusCode.Unknown, "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://r/v2/a/blobs/sha256:x: 403 Forbidden", "registry_forbidden" },
        { StatusCode.NotFound, "failed to copy: httpReadSeeker: failed open: content at http://r/v2/a/blobs/sha256:x not found: not found", "image_not_found" },
        { StatusCode.Unknown, "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://r/v2/a/blobs/sha256:x: 429 Too Many Requests", "registry_rate_limited" },
        { StatusCode.Unknown, "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to http://r/v2/a/blobs/sha256:x: 503 Service Unavailable", "registry_unavailable" },
        { StatusCode.Unknown, "failed to do request: Get \"https://r/v2/\": dial tcp 10.0.0.1:443: connect: connection refused", "registry_unavailable" },
        { StatusCode.Unknown, "failed to do request: Get \"https://r/v2/\": dial tcp 10.0.0.1:443: i/o timeout", "registry_timeout" },
        { StatusCode.FailedPrecondition, "failed commit on ref \"layer-sha256:x\": unexpected commit digest sha256:y, expected sha256:x: failed precondition", "digest_mismatch" },
        { StatusCode.Unknown, "failed to extract layer (application/vnd.oci.image.layer.v1.tar+gzip sha256:x) to overlayfs as \"extract-1 sha256:x\": failed to mount /var/lib/containerd/tmpmounts/x: no such file", "unpack_failed" },
        { StatusCode.Unknown, "failed to extract layer (x) to overlayfs as \"extract-1 sha256:x\": failed to apply: unexpected EOF", "unpack_failed" },
        { StatusCode.Unknown, "failed to extract layer: write /var/lib/containerd/x: no space left on device", "insufficient_storage" },
        { StatusCode.Unavailable, "error reading from server: EOF", "containerd_unavailable" },
        { StatusCode.Unknown, "something new about /var/lib/containerd", "containerd_failure" },
    };

    /// <summary>As a push meets them; the words after a number are the registry's own.</summary>
    public static TheoryData<StatusCode, string, string> PushTexts => new()
    {
        { StatusCode.Unknown, "unexpected status from POST request to http://r/v2/a/blobs/uploads/?[redacted] 413 Payload Too Large", "registry_refused" },
        { StatusCode.Unknown, "unexpected status from POST request to http://r/v2/a/blobs/uploads/?[redacted] 413 Request Entity Too Large", "registry_refused" },
        { StatusCode.Unknown, "unexpected status from POST request to http://r/v2/a/blobs/uploads/?[redacted] 403 Forbidden", "registry_forbidden" },
        { StatusCode.Unknown, "unexpected status from PUT request to http://r/v2/a/manifests/1: 404 Not Found", "registry_refused" },
        { StatusCode.Unknown, "unexpected status from PUT request to http://r/v2/a/manifests/1: 400 Bad Request", "registry_refused" },
        { StatusCode.Unknown, "unexpected status from PUT request to http://r/v2/a/manifests/1: 403 ", "registry_forbidden" },
        { StatusCode.Unknown, "unexpected status from PUT request to http://r/v2/a/manifests/1: 408 Request Timeout", "registry_unavailable" },
        { StatusCode.Unknown, "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://t/token: 503 Busy", "registry_unavailable" },
        { StatusCode.Unknown, "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://t/token: 429 Slow down", "registry_rate_limited" },
        { StatusCode.NotFound, "failed to push: content digest sha256:x: not found", "content_missing" },
    };

    [Theory]
    [MemberData(nameof(PushTexts))]
    public void Text_of_a_push_is_told_by_its_code_and_never_sent(StatusCode status, string text, string code) => ToldBy(status, text, writes: true, code);

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_of_the_daemon_is_told_by_its_code_and_never_sent(StatusCode status, string text, string code) => ToldBy(status, text, writes: false, code);

    private static void ToldBy(StatusCode status, string text, bool writes, string code)
    {
        var problem = ProblemTable.From(TransferFaults.Of(new RpcException(new Status(status, text)), "cannot move r/a:1", writes));
        Assert.Equal(code, problem.Kind.Code);
        Assert.DoesNotContain("sha256", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("/var", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.1", problem.Detail, StringComparison.Ordinal);
    }
}
