using FluentValidation;
using Gateway.Auth;
using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Containerd.Types;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Snapshots;

/// <summary>A snapshot to prepare or to view.</summary>
internal sealed record SnapshotRequest : IKept
{
    /// <summary>1 to 256 characters without control characters.</summary>
    public required string Key { get; init; }

    /// <summary>`active`, to be written to, or `view`.</summary>
    public required SnapshotKind Kind { get; init; }

    /// <summary>The committed snapshot it stands on. Where none is named it is empty.</summary>
    public string? Parent { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Id of the lease that keeps it. Where none is named one is made, and told in the answer.</summary>
    public string? Lease { get; init; }

    /// <summary>Term of a lease that is made, `1m` to `720h`. Default `1h`.</summary>
    public string? Term { get; init; }
}

internal sealed class SnapshotRequestValidator : AbstractValidator<SnapshotRequest>
{
    public SnapshotRequestValidator()
    {
        RuleFor(request => request.Key).MustBeSnapshotKey();
        RuleFor(request => request.Kind).NotEqual(SnapshotKind.Committed).WithMessage("is active or view: a committed snapshot is made by committing an active one");
        RuleFor(request => request.Parent).MustBeParent();
        RuleFor(request => request.Labels).MustBeLabels();
        SnapshotLeases.AddRules(this);
    }
}

/// <summary>createSnapshot: prepares an active snapshot or a view.</summary>
internal static class CreateSnapshot
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, SnapshotRequest request, Caller caller, ContainerdClient containerd, SnapshotLeases leases, CancellationToken cancel)
    {
        await RequireParentAsync(containerd.In(@namespace), snapshotter, request.Parent, cancel);
        var made = await leases.MakeAsync(@namespace, request, snapshotter, async (held, lease) =>
        {
            var mounts = await MakeAsync(held, snapshotter, request, cancel);
            var info = await held.RequireSnapshotAsync(snapshotter, request.Key, cancel);
            return new MadeSnapshotView(SnapshotView.From(info), MountView.From(mounts, caller), lease);
        }, cancel);
        return Created(http, @namespace, snapshotter, made);
    }

    /// <summary>201 with the snapshot's place.</summary>
    public static IResult Created(HttpContext http, string containerdNamespace, string snapshotter, MadeSnapshotView made)
    {
        http.Response.Headers.Location =
            $"/v1/namespaces/{containerdNamespace}/snapshotters/{Uri.EscapeDataString(snapshotter)}/snapshots/{Uri.EscapeDataString(made.Snapshot.Key)}";
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(made, GatewayJson.Options, statusCode: StatusCodes.Status201Created);
    }

    private static async Task RequireParentAsync(NamespacedClient client, string snapshotter, string? parent, CancellationToken cancel)
    {
        if (parent is not null && await client.RequireSnapshotAsync(snapshotter, parent, cancel) is { Kind: not Kind.Committed } other)
        {
            throw new ProblemException(ProblemKinds.SnapshotKindMismatch, $"'{parent}' is {GatewayJson.Spell(SnapshotView.KindOf(other))}: only a committed snapshot can be a parent");
        }
    }

    private static async Task<IReadOnlyList<Mount>> MakeAsync(NamespacedClient held, string snapshotter, SnapshotRequest request, CancellationToken cancel)
    {
        var labels = (request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        try
        {
            if (request.Kind is SnapshotKind.View)
            {
                var view = new ViewSnapshotRequest { Snapshotter = snapshotter, Key = request.Key, Parent = request.Parent ?? "", Labels = { labels } };
                return await held.ViewSnapshotAsync(view, cancel);
            }

            var prepare = new PrepareSnapshotRequest { Snapshotter = snapshotter, Key = request.Key, Parent = request.Parent ?? "", Labels = { labels } };
            return await held.PrepareSnapshotAsync(prepare, cancel);
        }
        catch (RpcException taken) when (taken.StatusCode is StatusCode.AlreadyExists)
        {
            throw new ProblemException(ProblemKinds.Conflict, $"snapshot '{request.Key}' exists already", taken);
        }
    }
}
