using Gateway.Containerd;
using Gateway.Http;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>The engines that move images between registries and containerd.</summary>
internal enum ImageEngine
{
    /// <summary>The gateway's own: works on every containerd, with any snapshotter, and shows every byte.</summary>
    Gateway,

    /// <summary>containerd's Transfer service, since 2.0: the daemon fetches by itself, and asks its image verifiers.</summary>
    Transfer,
}

/// <summary>The engine in use.</summary>
/// <param name="Name">`gateway` or `transfer`.</param>
/// <param name="Reason">Why this one.</param>
/// <param name="Usable">Whether this containerd has it; where not, pulls and pushes are refused.</param>
internal sealed record EngineChoice(ImageEngine Name, string Reason, bool Usable);

/// <summary>
/// Chooses the engine, anew each time: the daemon may be another one since, and verifiers come and go as files. Only the Transfer service asks
/// image verifiers, so where there are some, <c>auto</c> must not go past them.
/// </summary>
internal sealed class ImageEngines(ContainerdClient containerd, IOptions<ImageEngineOptions> options, IOptions<TenancyOptions> tenancy)
{
    /// <summary>Transfer of 1.7 speaks https only and takes no host configuration.</summary>
    private const int FirstMajor = 2;

    // Loaded in every 2.x; it asks each file of its folder, and where there are none it lets everything pass.
    private const string FolderVerifier = "bindir";

    public async Task<EngineChoice> ChooseAsync(CancellationToken cancel) => await ByItselfAsync(cancel) is var choice && choice.Name is ImageEngine.Transfer && tenancy.Value.Mode is TenancyMode.Multi
        ? choice with { Reason = $"{choice.Reason}; with several tenants it is not used, for containerd judges no address that it fetches from", Usable = false }
        : choice;

    private async Task<EngineChoice> ByItselfAsync(CancellationToken cancel) => options.Value.Engine switch
    {
        EngineSetting.Gateway => new(ImageEngine.Gateway, "it is configured", Usable: true),
        EngineSetting.Transfer => await HasTransferAsync(cancel)
            ? new(ImageEngine.Transfer, "it is configured", Usable: true)
            : new(ImageEngine.Transfer, "it is configured, but this containerd has no Transfer service of 2.0 or later", Usable: false),
        _ when await HasTransferAsync(cancel) && await HasVerifiersAsync(cancel) =>
            new(ImageEngine.Transfer, "image verifiers are in use, which only containerd's Transfer service asks", Usable: true),
        _ => new(ImageEngine.Gateway, "no image verifiers are in use", Usable: true),
    };

    /// <summary>The engine, or a problem where this containerd does not have the one that is configured.</summary>
    public async Task<ImageEngine> RequireAsync(CancellationToken cancel)
    {
        var engine = await ChooseAsync(cancel);
        return engine.Usable
            ? engine.Name
            : throw new ProblemException(ProblemKinds.NotSupportedByContainerd, $"images cannot be moved by containerd's Transfer service: {engine.Reason}");
    }

    private async Task<bool> HasTransferAsync(CancellationToken cancel)
    {
        var version = (await containerd.Version.VersionAsync(new Empty(), cancellationToken: cancel)).Version;
        return int.TryParse(version.TrimStart('v').Split('.')[0], out var major) && major >= FirstMajor
            && (await containerd.WorkingAsync(DaemonPlugins.TransferType, cancel)).Count > 0;
    }

    private async Task<bool> HasVerifiersAsync(CancellationToken cancel)
    {
        var verifiers = await containerd.WorkingAsync(DaemonPlugins.ImageVerifierType, cancel);
        return verifiers.Any(plugin => plugin.Id is not FolderVerifier || HasFiles(options.Value.VerifierFolder));
    }

    // A folder that cannot be read may hold some.
    private static bool HasFiles(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder).Any();
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}
