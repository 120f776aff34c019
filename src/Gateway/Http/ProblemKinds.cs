using System.Reflection;

namespace Gateway.Http;

/// <summary>One kind of problem: its stable code, its HTTP status, and what its page tells.</summary>
/// <param name="Retryable">Whether the same request may succeed later without being changed.</param>
internal sealed record ProblemKind(string Code, int Status, string Title, string Explanation, bool Retryable = false);

/// <summary>Every problem this service can answer with. The page of each stands at <c>/problems/{code}</c>.</summary>
internal static class ProblemKinds
{
    public static readonly ProblemKind InvalidRequest = new("invalid_request", 400, "The request is not valid",
        "A field, parameter or header of the request is missing, unknown, or outside its bounds. `errors` names each field with its messages.");
    public static readonly ProblemKind Unauthorized = new("unauthorized", 401, "Valid credentials are needed",
        "Send an API key (`X-API-Key`, or `Authorization: Bearer gwk_...`), a JWT of a configured issuer, or come with a client certificate.");
    public static readonly ProblemKind Forbidden = new("forbidden", 403, "The caller may not do this",
        "The caller is known but lacks the permission this operation names in the OpenAPI document, in this namespace.");
    public static readonly ProblemKind ReservedLabel = new("reserved_label", 403, "The label is reserved for containerd",
        "Labels that begin `containerd.io/` or `io.cri-containerd` steer containerd itself, some of them run programs as root; they are never taken from a caller.");
    public static readonly ProblemKind NotFound = new("not_found", 404, "There is no such resource",
        "Nothing under this name exists, or the caller may not know of it.");
    public static readonly ProblemKind MethodNotAllowed = new("method_not_allowed", 405, "The resource does not take this method",
        "The `Allow` header lists the methods this resource takes.");
    public static readonly ProblemKind NotAcceptable = new("not_acceptable", 406, "None of the accepted media types can be served",
        "The `Accept` header names no media type this operation can answer with.");
    public static readonly ProblemKind Conflict = new("conflict", 409, "The resource's state does not allow this",
        "Something with this name exists already, or other resources still depend on it.");
    public static readonly ProblemKind JobNotFinished = new("job_not_finished", 409, "The job has not finished",
        "Only a finished job can be forgotten; cancel it first.");
    public static readonly ProblemKind ImagePinned = new("image_pinned", 409, "The image is pinned",
        "Kubernetes' runtime has pinned the image (`io.cri-containerd.pinned`): the node cannot do without it, so it is neither deleted nor moved.");
    public static readonly ProblemKind ContentMissing = new("content_missing", 409, "The image is not all here",
        "Blobs that the image is made of are not in the content store of this namespace; `detail` names the first of them. Pull the image, or choose platforms that are here.");
    public static readonly ProblemKind NamespaceNotEmpty = new("namespace_not_empty", 409, "The namespace is not empty",
        "Images, containers, snapshots, content or unfinished ingests are still in it.");
    public static readonly ProblemKind ContentInUse = new("content_in_use", 409, "The content is in use",
        "Images, containers, leases, snapshots or other content lead to it; `GET .../content/{digest}/references` lists them. With `admin`, `force=true` deletes it all the same.");
    public static readonly ProblemKind LeaseInUse = new("lease_in_use", 409, "The lease is in use",
        "The lease belongs to a job of the gateway, which needs it as it is. Cancel the job, or wait for its end.");
    public static readonly ProblemKind IngestInUse = new("ingest_in_use", 409, "The ingest is being written",
        "Another writer is at work on it. Wait for its end.", Retryable: true);
    public static readonly ProblemKind SnapshotInUse = new("snapshot_in_use", 409, "The snapshot is in use",
        "A container's record names it, or a task runs on it; the detail names them. Delete these first.");
    public static readonly ProblemKind SnapshotHasChildren = new("snapshot_has_children", 409, "Other snapshots stand on this one",
        "Only a snapshot without children can be removed; the detail names some of them.");
    public static readonly ProblemKind SnapshotKindMismatch = new("snapshot_kind_mismatch", 409, "The snapshot is of another kind",
        "Only active snapshots can be committed, only committed ones can be a parent, and only active ones and views have mounts.");
    public static readonly ProblemKind IdempotencyKeyInUse = new("idempotency_key_in_use", 409, "The first request with this key is under way",
        "A request with this `Idempotency-Key` has not been answered yet. Send it again in a moment to get the same answer.", Retryable: true);
    public static readonly ProblemKind IdempotencyKeyReused = new("idempotency_key_reused", 422, "The key belongs to another request",
        "This `Idempotency-Key` has been used within 24 hours for a request with another path, query or body. Take a new key for each thing to be done.");
    public static readonly ProblemKind PreconditionFailed = new("precondition_failed", 412, "The resource has changed",
        "`If-Match` names another version than the one that is there. Read the resource again.");
    public static readonly ProblemKind PayloadTooLarge = new("payload_too_large", 413, "The request body is too large",
        "JSON bodies are limited to 1 MiB, content to `Content:MaxUploadBytes`.");
    public static readonly ProblemKind UnsupportedMediaType = new("unsupported_media_type", 415, "The request body has the wrong media type",
        "The API description lists what the operation takes; most take `application/json`.");
    public static readonly ProblemKind RangeNotSatisfiable = new("range_not_satisfiable", 416, "The range lies outside the content", "Ask for bytes within the size.");
    public static readonly ProblemKind SnapshotterNotFound = new("snapshotter_not_found", 422, "containerd has no such snapshotter",
        "`GET /v1/node` lists the snapshotters that are loaded.");
    public static readonly ProblemKind SnapshotNotFound = new("snapshot_not_found", 404, "There is no such snapshot",
        "The snapshotter has no snapshot of this key in this namespace.");
    public static readonly ProblemKind SnapshotNotInChain = new("snapshot_not_in_chain", 422, "The snapshots are not of one chain",
        "A snapshot is compared with its parent, or with another snapshot it stands on.");
    public static readonly ProblemKind FileNotReadable = new("file_not_readable", 422, "This file has no bytes to read",
        "Folders are listed and regular files are read; devices, FIFOs and sockets are only shown.");
    public static readonly ProblemKind TreeTooLarge = new("tree_too_large", 422, "The tree is too large",
        "There are more nodes, levels or names than the gateway looks at; the detail tells the bound.");
    public static readonly ProblemKind NotUnpackable = new("not_unpackable", 422, "This is not an image that can be unpacked",
        "The manifest is an artifact: its config or layers are not those of a container image. Pull it with `unpack: false`.");
    public static readonly ProblemKind NotSupportedByTransfer = new("not_supported_by_transfer", 422, "containerd's Transfer service cannot do this",
        "This gateway moves images by containerd's Transfer service, by configuration or because image verifiers are in use. It unpacks only into the snapshotters of the daemon's own configuration, takes no registry token, and pushes no image without its foreign layers. `GET /v1/node` tells why it is in use.");
    public static readonly ProblemKind ImageVerificationFailed = new("image_verification_failed", 422, "An image verifier refuses the image",
        "The daemon's image verifiers judge every image before it is pulled, and one of them did not let this one pass. Its reason is in the gateway's log.");
    public static readonly ProblemKind ArchiveTooLarge = new("archive_too_large", 413, "The archive is too large",
        "The archive, what it decompresses to, or something in it is beyond a limit (`Images:MaxArchiveBytes`, 20,000 entries, 4 MiB a document); nothing of it is kept.");
    public static readonly ProblemKind ArchiveInvalid = new("invalid_archive", 422, "The archive cannot be imported",
        "It is malformed, damaged or incomplete, is neither an OCI layout nor what `docker save` writes, or names no image; nothing of it is kept.");
    public static readonly ProblemKind NotCommittable = new("not_committable", 422, "This snapshot cannot be committed to an image",
        "Only the changes of an active snapshot that stands directly on the base image's layers can become a layer of a new image.");
    public static readonly ProblemKind LayerInvalid = new("layer_invalid", 422, "The content is not a layer",
        "A layer is a tar, plain or compressed with gzip or zstd. The content is something else, is damaged, or decompresses to far more than layers do.");
    public static readonly ProblemKind TooManyLayers = new("too_many_layers", 422, "The image would have too many layers",
        "An image has at most 512 layers, and 1024 steps in its history.");
    public static readonly ProblemKind TooManyRequests = new("too_many_requests", 429, "Too many requests or jobs",
        "A queue or a limit is full. `Retry-After` tells when to try again.", Retryable: true);
    public static readonly ProblemKind QuotaExceeded = new("quota_exceeded", 429, "The namespace may not hold more",
        "The content of the namespace, with what is to be stored, is more than `Limits:BytesPerNamespace`. Delete images or content, wait for the collection, and try again.");
    public static readonly ProblemKind InternalError = new("internal_error", 500, "The gateway failed",
        "A defect of the gateway. The trace id leads to its log.");
    public static readonly ProblemKind CredentialsUnreadable = new("credentials_unreadable", 500, "The stored credentials cannot be read",
        "The job's credentials were sealed with a key the gateway no longer has, so it was not run without them. Send the request again.");
    public static readonly ProblemKind NotSupportedByContainerd = new("not_supported_by_containerd", 501, "This containerd lacks the capability",
        "The daemon's version or configuration does not offer what the operation needs. `GET /v1/node` lists its capabilities.");
    public static readonly ProblemKind SnapshotNotReadable = new("snapshot_not_readable", 501, "The gateway cannot read the files of this snapshot",
        "Files are read from the snapshotter's folders: the gateway must run on containerd's host, with the right to read them, and the snapshotter must keep its layers as folders.");
    public static readonly ProblemKind ContainerdFailure = new("containerd_failure", 502, "containerd failed",
        "containerd refused or failed in a way that is not the caller's doing. Its own message is in the gateway's log.");
    public static readonly ProblemKind ContainerdUnavailable = new("containerd_unavailable", 503, "containerd cannot be reached",
        "The daemon is down or restarting. `Retry-After` tells when to try again.", Retryable: true);
    public static readonly ProblemKind JobStoreUnavailable = new("job_store_unavailable", 503, "The job store cannot be written",
        "The database of jobs is locked, full or damaged; nothing was started.", Retryable: true);
    public static readonly ProblemKind AccessStoreUnavailable = new("access_store_unavailable", 503, "Keys and grants cannot be written",
        "The disk of `Auth:AccessFile` is full or cannot be written; nothing was changed.", Retryable: true);
    public static readonly ProblemKind AuditUnavailable = new("audit_unavailable", 503, "The audit cannot be written",
        "What cannot be recorded is not done: the audit's file is full, gone or not as it was left. Nothing was changed; reads go on.", Retryable: true);
    public static readonly ProblemKind ShuttingDown = new("shutting_down", 503, "The gateway is shutting down",
        "New work is taken again after the restart.", Retryable: true);
    public static readonly ProblemKind AttemptTimeout = new("attempt_timeout", 504, "The attempt took too long",
        "One attempt of a job may take `Jobs:AttemptLimit`; it is ended then, and tried again while attempts and the job's own time last.", Retryable: true);
    public static readonly ProblemKind ContainerdTimeout = new("containerd_timeout", 504, "containerd did not answer in time",
        "The call ran into its deadline.", Retryable: true);
    public static readonly ProblemKind InsufficientStorage = new("insufficient_storage", 507, "The disk is full",
        "containerd could not write, or would be left with less free space than is kept as a reserve: free space on its root and try again.");

    public static readonly ProblemKind RegistryUnauthorized = new("registry_unauthorized", 502, "The registry refused the credentials",
        "The registry answered 401, or its token server gave no token: credentials are missing, wrong, or for another registry.");
    public static readonly ProblemKind RegistryForbidden = new("registry_forbidden", 502, "The registry denies access",
        "The registry answered 403: the credentials are known but may not do this.");
    public static readonly ProblemKind ImageNotFound = new("image_not_found", 404, "There is no such image",
        "The registry knows no such repository, tag or digest, or no image of this name is stored.");
    public static readonly ProblemKind RegistryRefused = new("registry_refused", 502, "The registry refused what was pushed",
        "The registry answered an upload with a status that says that it will not have it: a manifest that names what is not there, a name it does not allow, a quota.");
    public static readonly ProblemKind RegistryRateLimited = new("registry_rate_limited", 429, "The registry limits requests",
        "The registry answered 429 to the end of all retries.", Retryable: true);
    public static readonly ProblemKind RegistryUnavailable = new("registry_unavailable", 502, "The registry cannot be used",
        "No connection, a reset, a TLS failure, or a server error to the end of all retries.", Retryable: true);
    public static readonly ProblemKind RegistryTimeout = new("registry_timeout", 504, "The registry stopped answering",
        "No answer, or no further bytes, within the limit.", Retryable: true);
    public static readonly ProblemKind RegistryConfigurationInvalid = new("registry_configuration_invalid", 502, "The registry's configuration is broken",
        "hosts.toml or a certificate for this registry cannot be used; the gateway's log names the file.");
    public static readonly ProblemKind EgressDenied = new("egress_denied", 502, "The address may not be reached",
        "The registry, its token server or a redirect leads to an address or scheme that is not allowed.");
    public static readonly ProblemKind DigestMismatch = new("digest_mismatch", 502, "The bytes are not what their digest says",
        "What a registry (502) or the caller (422) sent differs in digest or size from what was announced; nothing of it is kept.");
    public static readonly ProblemKind ManifestInvalid = new("manifest_invalid", 502, "The manifest cannot be accepted",
        "It is malformed, of another type than announced, of Docker schema 1, or names foreign layers.");
    public static readonly ProblemKind ManifestTooLarge = new("manifest_too_large", 502, "The manifest is too large",
        "Manifests, indexes and configs are limited to 4 MiB each.");
    public static readonly ProblemKind PlatformNotFound = new("platform_not_found", 422, "The image has no such platform",
        "No entry of the index fits a wanted platform.");
    public static readonly ProblemKind UnpackFailed = new("unpack_failed", 502, "A layer could not be unpacked",
        "containerd could not apply a layer, or the unpacked layer is not the one the config names.");
    public static readonly ProblemKind DeadlineExceeded = new("deadline_exceeded", 504, "The job ran out of its time",
        "The `timeout` of the request, or the server's limit, was reached.");

    /// <summary>All of them, by code.</summary>
    public static IReadOnlyDictionary<string, ProblemKind> All { get; } = typeof(ProblemKinds)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => field.GetValue(null)).OfType<ProblemKind>()
        .ToDictionary(kind => kind.Code, StringComparer.Ordinal);
}
