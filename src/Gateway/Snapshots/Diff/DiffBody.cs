using FluentValidation;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Snapshots.Diff;

/// <summary>The layer to write.</summary>
internal sealed record DiffBody : IKept
{
    /// <summary>`application/vnd.oci.image.layer.v1.tar`, the same with `+gzip` (default) or, on containerd 2.x, with `+zstd`.</summary>
    public string? MediaType { get; init; }

    /// <summary>Labels of the layer's content.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>What the snapshot is compared with: one that it stands on. Default: its parent.</summary>
    public string? Parent { get; init; }

    /// <summary>Id of the lease that keeps the layer. Where none is named one is made, and told in the result.</summary>
    public string? Lease { get; init; }

    /// <summary>Term of a lease that is made, `1m` to `720h`. Default `1h`.</summary>
    public string? Term { get; init; }
}

internal sealed class DiffBodyValidator : AbstractValidator<DiffBody>
{
    public DiffBodyValidator()
    {
        RuleFor(request => request.MediaType).Must(type => type is null or MediaTypes.OciLayer or MediaTypes.OciLayerGzip or MediaTypes.OciLayerZstd)
            .WithMessage($"is not {MediaTypes.OciLayer}, or that with +gzip or +zstd");
        RuleFor(request => request.Labels).MustBeLabels();
        RuleFor(request => request.Parent).MustBeParent();
        SnapshotLeases.AddRules(this);
    }
}

/// <summary>A diff as the job keeps it.</summary>
internal sealed record DiffWork : IKept
{
    public required string Snapshotter { get; init; }

    public required string Key { get; init; }

    /// <summary>Empty where the snapshot stands on none.</summary>
    public required string Parent { get; init; }

    public required string MediaType { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public string? Lease { get; init; }

    public string? Term { get; init; }
}

/// <summary>The layer that was written.</summary>
/// <param name="Descriptor">Its descriptor.</param>
/// <param name="DiffId">Digest of its tar.</param>
/// <param name="Lease">What keeps it from the garbage collector.</param>
internal sealed record DiffResult(LayerView Descriptor, string DiffId, SnapshotLeaseView Lease);

/// <summary>A layer's descriptor.</summary>
/// <param name="MediaType">Its media type.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its length in bytes.</param>
internal sealed record LayerView(string MediaType, string Digest, long Size);
