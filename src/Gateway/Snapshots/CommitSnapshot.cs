using FluentValidation;
using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Snapshots;

/// <summary>What an active snapshot becomes.</summary>
internal sealed record SnapshotCommitBody : IKept
{
    /// <summary>Key of the committed snapshot, 1 to 256 characters without control characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels; those of the active snapshot are not carried over.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Id of the lease that keeps it. Where none is named one is made, and told in the answer.</summary>
    public string? Lease { get; init; }

    /// <summary>Term of a lease that is made, `1m` to `720h`. Default `1h`.</summary>
    public string? Term { get; init; }
}

internal sealed class SnapshotCommitBodyValidator : AbstractValidator<SnapshotCommitBody>
{
    public SnapshotCommitBodyValidator()
    {
        RuleFor(request => request.Name).MustBeSnapshotKey();
        RuleFor(request => request.Labels).MustBeLabels();
        SnapshotLeases.AddRules(this);
    }
}

/// <summary>commitSnapshot: the active snapshot's key goes, and what it held stands under the new name.</summary>
internal static class CommitSnapshot
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, SnapshotCommitBody request, ContainerdClient containerd, SnapshotLeases leases, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var active = await client.RequireSnapshotAsync(snapshotter, PathText.Decode(key), cancel);
        if (active.Kind is not Kind.Active)
        {
            throw new ProblemException(ProblemKinds.SnapshotKindMismatch, $"'{active.Name}' is {GatewayJson.Spell(SnapshotView.KindOf(active))}: only an active snapshot can be committed");
        }

        await SnapshotUses.RequireUnusedAsync(client, snapshotter, active.Name, cancel);
        var made = await leases.MakeAsync(@namespace, request, snapshotter, async (held, lease) =>
        {
            // Not canceled with the request: the active snapshot's key is gone at the end, and its bytes are the caller's.
            await CommitAsync(held, snapshotter, active.Name, request);
            var info = await held.RequireSnapshotAsync(snapshotter, request.Name, CancellationToken.None);
            return new MadeSnapshotView(SnapshotView.From(info), Mounts: null, lease);
        }, cancel);
        return CreateSnapshot.Created(http, @namespace, snapshotter, made);
    }

    private static async Task CommitAsync(NamespacedClient held, string snapshotter, string key, SnapshotCommitBody request)
    {
        var commit = new CommitSnapshotRequest { Snapshotter = snapshotter, Key = key, Name = request.Name };
        commit.Labels.Add((request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal));
        try
        {
            await held.Snapshots.CommitAsync(commit);
        }
        catch (RpcException taken) when (taken.StatusCode is StatusCode.AlreadyExists)
        {
            throw new ProblemException(ProblemKinds.Conflict, $"snapshot '{request.Name}' exists already", taken);
        }
        catch (RpcException gone) when (gone.StatusCode is StatusCode.NotFound)
        {
            throw new ProblemException(ProblemKinds.SnapshotNotFound, $"snapshot '{key}' is gone: it was removed or committed meanwhile", gone);
        }
    }
}
