using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Transfer;
using Gateway.Containerd.Types.Transfer;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using TransferStore = Gateway.Containerd.Types.Transfer.ImageStore;

namespace Gateway.Images.Transfer;

/// <summary>The registry's end of a transfer.</summary>
/// <param name="Reference">Tag or digest, as the daemon is to ask for it.</param>
/// <param name="Repository">Knows which host is the registry's own.</param>
/// <param name="What">What could not be done when it fails.</param>
internal sealed record RegistryEnd(string Reference, Repository Repository, RegistryCredentials? Credentials, string What);

/// <summary>One transfer by the daemon, with its streams: progress comes by one, credentials go by another when they are asked for.</summary>
internal sealed class TransferCall(IOptions<RegistriesOptions> registries, TimeProvider time)
{
    /// <summary>How long the end of the daemon's side is waited for, which a canceled call does not tell. Progress may also be late by its tick of 0.3 s.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    public Task PullAsync(NamespacedClient held, RegistryEnd from, TransferStore to, TransferItems items, CancellationToken cancel) =>
        RunAsync(held, from, registry => (registry, to), items, writes: false, cancel);

    public Task PushAsync(NamespacedClient held, TransferStore from, RegistryEnd to, TransferItems items, CancellationToken cancel) =>
        RunAsync(held, to, registry => (from, registry), items, writes: true, cancel);

    private async Task RunAsync(
        NamespacedClient held, RegistryEnd end, Func<OCIRegistry, (IMessage Source, IMessage Destination)> ends, TransferItems items, bool writes, CancellationToken cancel)
    {
        RegistryLogin.RequireSupported(end.Credentials?.RegistryToken);
        await using var progress = await DaemonStream.OpenAsync(held, "progress", cancel);
        await using var login = end.Credentials is null ? null : await DaemonStream.OpenAsync(held, "auth", cancel);
        var answering = login is null ? Task.CompletedTask : RegistryLogin.AnswerAsync(login, end.Repository, end.Credentials!);
        var listening = ListenAsync(progress, items);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var silence = SilenceAsync(held, items, stop.Token);
        var transfer = Task.CompletedTask;
        try
        {
            // The folder is ours, never a caller's: it is read by the daemon. Left to itself, that would try http after https on loopback, and trust any certificate there.
            var resolver = new RegistryResolver { AuthStream = login?.Id ?? "", HostDir = registries.Value.ConfigPath, DefaultScheme = end.Repository.DefaultScheme };
            var (source, destination) = ends(new OCIRegistry { Reference = end.Reference, Resolver = resolver });
            var request = new TransferRequest { Source = TypedAny.Pack(source), Destination = TypedAny.Pack(destination), Options = new TransferOptions { ProgressStream = progress.Id } };
            transfer = held.Transfer.TransferAsync(request, cancellationToken: stop.Token).ResponseAsync;
            if (await Task.WhenAny(transfer, silence) == silence && silence.IsCompletedSuccessfully)
            {
                throw new OciException(OciFault.RegistryTimeout, $"{end.What}: no further bytes within {registries.Value.IdleTimeout:c}");
            }

            await transfer;
        }
        catch (RpcException failed)
        {
            throw TransferFaults.Of(failed, end.What, writes);
        }
        finally
        {
            await stop.CancelAsync();
            await listening.WaitAsync(EndLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await progress.DisposeAsync();
            await (login?.DisposeAsync() ?? ValueTask.CompletedTask);
            await Task.WhenAll(listening, answering, silence, transfer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Ends when no byte has come for too long. The daemon itself would wait for ever, and all other pulls of the same layer with it.
    private async Task SilenceAsync(NamespacedClient held, TransferItems items, CancellationToken cancel)
    {
        var limit = registries.Value.IdleTimeout;
        var (seen, since) = ("", time.GetTimestamp());
        while (seen.Length is 0 || time.GetElapsedTime(since) < limit)
        {
            await Task.Delay(limit / 4, time, cancel);
            var open = (await held.Content.ListStatusesAsync(new ListStatusesRequest(), cancellationToken: cancel)).Statuses.Where(ingest => items.Has(ingest.Ref));
            var now = string.Join(' ', open.Select(ingest => $"{ingest.Ref} {ingest.Offset}").Order(StringComparer.Ordinal));
            if (now.Length is 0 || now != seen)
            {
                (seen, since) = (now, time.GetTimestamp());
            }
        }
    }

    private static async Task ListenAsync(DaemonStream stream, TransferItems items)
    {
        while (await stream.ReceiveAsync() is { } message)
        {
            if (TypedAny.Parse<Progress>(message) is { } told)
            {
                items.Report(told);
            }
        }
    }
}
