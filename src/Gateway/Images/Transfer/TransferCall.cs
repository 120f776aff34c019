using Gateway.Containerd;
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
internal sealed class TransferCall(IOptions<RegistriesOptions> registries)
{
    /// <summary>How long the end of the daemon's side is waited for, which a canceled call does not tell. Progress may also be late by its tick of 0.3 s.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    public Task PullAsync(NamespacedClient held, RegistryEnd from, TransferStore to, TransferItems items, CancellationToken cancel) =>
        RunAsync(held, from, registry => (registry, to), items, cancel);

    public Task PushAsync(NamespacedClient held, TransferStore from, RegistryEnd to, TransferItems items, CancellationToken cancel) =>
        RunAsync(held, to, registry => (from, registry), items, cancel);

    private async Task RunAsync(
        NamespacedClient held, RegistryEnd end, Func<OCIRegistry, (IMessage Source, IMessage Destination)> ends, TransferItems items, CancellationToken cancel)
    {
        RegistryLogin.RequireSupported(end.Credentials?.RegistryToken);
        await using var progress = await DaemonStream.OpenAsync(held, "progress", cancel);
        await using var login = end.Credentials is null ? null : await DaemonStream.OpenAsync(held, "auth", cancel);
        var answering = login is null ? Task.CompletedTask : RegistryLogin.AnswerAsync(login, end.Repository, end.Credentials!);
        var listening = ListenAsync(progress, items);
        try
        {
            // The folder is ours, never a caller's: it is read by the daemon.
            var resolver = new RegistryResolver { AuthStream = login?.Id ?? "", HostDir = registries.Value.ConfigPath };
            var (source, destination) = ends(new OCIRegistry { Reference = end.Reference, Resolver = resolver });
            var request = new TransferRequest { Source = TypedAny.Pack(source), Destination = TypedAny.Pack(destination), Options = new TransferOptions { ProgressStream = progress.Id } };
            await held.Transfer.TransferAsync(request, cancellationToken: cancel);
        }
        catch (RpcException failed)
        {
            throw TransferFaults.Of(failed, end.What);
        }
        finally
        {
            await listening.WaitAsync(EndLimit, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await progress.DisposeAsync();
            await (login?.DisposeAsync() ?? ValueTask.CompletedTask);
            await Task.WhenAll(listening, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
