using Microsoft.Extensions.Logging;

namespace Gateway.Oci.Registry;

/// <summary>One repository for one caller: what the pull engine asks of a registry and its mirrors. Thread-safe; holds tokens, so drop it when the pull ends.</summary>
/// <remarks>Every method throws <see cref="OciException"/> with a message that says what could not be done.</remarks>
public sealed partial class Repository
{
    private readonly ImageReference reference;
    private readonly IReadOnlyList<HostSession> sessions;
    private readonly RetryRule retry;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    internal Repository(ImageReference reference, IReadOnlyList<HostSession> sessions, RetryRule retry, TimeProvider time, ILogger logger) =>
        (this.reference, this.sessions, this.retry, this.time, this.logger) = (reference, sessions, retry, time, logger);

    /// <summary>The scheme of the registry where nothing is configured for it.</summary>
    public string DefaultScheme => RegistryHost.DefaultFor(reference.Domain).Root.Scheme;

    /// <summary>Whether a host, with or without its scheme's port, is the registry that the reference names, which alone may be shown the caller's credentials.</summary>
    public bool IsOrigin(string host)
    {
        var origin = RegistryHost.DefaultFor(reference.Domain);
        return string.Equals(host, origin.Authority, StringComparison.OrdinalIgnoreCase)
            || string.Equals(host, $"{origin.Root.Host}:{origin.Root.Port}", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The descriptor that the reference's tag or digest stands for now.</summary>
    public Task<Descriptor> ResolveAsync(CancellationToken cancel) => AskAsync(
        "registry.resolve", $"cannot resolve {reference}", HostCapabilities.Resolve, (session, token) => Resolution.ResolveAsync(session, reference, token), cancel);

    /// <summary>A manifest, index or config, whole; size and digest are verified. Over 4 MiB nothing is read.</summary>
    public Task<byte[]> FetchDocumentAsync(Descriptor descriptor, CancellationToken cancel)
    {
        var what = $"cannot fetch {descriptor.Digest} of {reference}";
        return descriptor.Size switch
        {
            < 0 => throw new OciException(OciFault.ManifestInvalid, $"{what}: its size is negative"),
            > DocumentFetch.MaxBytes => throw new OciException(OciFault.ManifestTooLarge, $"{what}: it is over {DocumentFetch.MaxBytes} bytes"),
            _ => AskAsync("registry.fetch", what, HostCapabilities.Pull, (session, token) => DocumentFetch.FetchAsync(session, descriptor, token), cancel),
        };
    }

    /// <summary>
    /// The blob from an offset to its end. The stream connects again by itself, gives exactly the bytes promised, and verifies the size always and
    /// the digest when the offset is 0: a mismatch is thrown by the read that would otherwise return 0, so read until then.
    /// </summary>
    public async Task<Stream> OpenBlobAsync(Descriptor descriptor, long offset, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var what = $"cannot fetch {descriptor.Digest} of {reference}";
        if (descriptor.Size < 0 || offset > descriptor.Size)
        {
            throw new OciException(OciFault.ManifestInvalid, $"{what}: it has no byte {offset}");
        }

        Task<ResponseBody> OpenAsync(long from, CancellationToken token) =>
            AskAsync("registry.fetch", what, HostCapabilities.Pull, (session, attempt) => OpenBodyAsync(session, descriptor, from, attempt), token);

        var first = offset == descriptor.Size ? null : await OpenAsync(offset, cancel);
        return new BlobStream(descriptor, offset, what, first, OpenAsync, retry, time);
    }

    private static async Task<ResponseBody> OpenBodyAsync(HostSession session, Descriptor blob, long offset, CancellationToken cancel)
    {
        var ask = DocumentFetch.RequestFor(HttpMethod.Get, blob) with { Kind = "blobs", Missing = "blob", Offset = offset };
        var answer = await session.SendAsync(ask, cancel);
        try
        {
            var skip = RangeAnswer.BytesToSkip(answer, offset, blob.Size, session.Who);
            var body = await session.BodyOfAsync(answer, cancel);
            await BlobStream.SkipAsync(body, skip, cancel);
            return body;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    // Hosts in their order, the registry itself last; only there is patience worth its time.
    private async Task<T> AskAsync<T>(
        string span, string what, HostCapabilities needs, Func<HostSession, CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        using var activity = RegistryTelemetry.Start(span);
        var able = sessions.Where(session => session.Host.Capabilities.HasFlag(needs)).ToList();
        RegistryFault? worst = null;
        foreach (var session in able)
        {
            try
            {
                return await retry.RunAsync(session.Host.Authority, ReferenceEquals(session, able[^1]), token => ask(session, token), cancel);
            }
            catch (RegistryFault fault)
            {
                LogFailed(logger, session.Host.Authority, fault.Fault, fault.Message);
                worst = MoreTelling(worst, fault);
            }
        }

        worst ??= new RegistryFault(OciFault.RegistryConfigurationInvalid, $"no host configured for {reference.Domain} may be asked to {needs.ToString().ToLowerInvariant()}");
        RegistryTelemetry.Failed(activity, worst.Fault);
        throw new OciException(worst.Fault, $"{what}: {worst.Message}", worst) { RetryAfter = worst.RetryAfter, IsFinal = !worst.Transient };
    }

    // The registry has the last word, unless it gave none and a mirror said what the caller can mend. A mirror's 404 says nothing about the registry.
    private static RegistryFault MoreTelling(RegistryFault? earlier, RegistryFault later) =>
        later.Status is null && earlier is { Fault: OciFault.RegistryUnauthorized or OciFault.RegistryForbidden or OciFault.RegistryRateLimited } ? earlier : later;

    [LoggerMessage(1, LogLevel.Warning, "Registry host {Host} failed with {Fault}: {Reason}")]
    private static partial void LogFailed(ILogger logger, string host, OciFault fault, string reason);
}
