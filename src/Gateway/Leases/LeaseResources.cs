using FluentValidation;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;
using Grpc.Core;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Leases;

/// <summary>Something for a lease to keep.</summary>
internal sealed record LeaseResourceRequest
{
    public const string Content = "content";
    public const string Snapshot = "snapshot";

    /// <summary>What it is: `content`, `snapshot`, `ingest` or `image`.</summary>
    [FromQuery(Name = "type")]
    public required string Type { get; init; }

    /// <summary>Its digest, key, ref or name.</summary>
    [FromQuery(Name = "id")]
    public required string Id { get; init; }

    /// <summary>Where a snapshot stands; of snapshots only.</summary>
    [FromQuery(Name = "snapshotter")]
    public string? Snapshotter { get; init; }

    /// <summary>The type as containerd writes it. No property: a body could name that, and would not be told that it is no field.</summary>
    public string ToWireType() => Type switch
    {
        Snapshot => "snapshots/" + Snapshotter,
        "ingest" => "ingests",
        "image" => "images",
        _ => Type,
    };

    /// <summary>Whether it is there: the daemon puts anything on a lease.</summary>
    public async Task<bool> ExistsAsync(NamespacedClient client, CancellationToken cancel)
    {
        try
        {
            return Type switch
            {
                Content => await client.FindAsync(Id, cancel) is not null,
                Snapshot => await client.FindSnapshotAsync(Snapshotter!, Id, cancel) is not null,
                "ingest" => await client.FindIngestAsync(Id, cancel) is not null,
                _ => await client.FindImageAsync(Id, cancel) is not null,
            };
        }
        catch (RpcException unknown) when (Type is Snapshot && unknown.StatusCode is StatusCode.InvalidArgument)
        {
            throw new ProblemException(ProblemKinds.SnapshotterNotFound, $"containerd has no snapshotter '{Snapshotter}'", unknown);
        }
    }
}

internal sealed class LeaseResourceValidator : AbstractValidator<LeaseResourceRequest>
{
    private const int MaxIdLength = 4096;
    private const int MaxSnapshotterLength = 64;

    public LeaseResourceValidator()
    {
        RuleFor(resource => resource.Type).Matches(@"\A(content|snapshot|ingest|image)\z").WithMessage("is not content, snapshot, ingest or image");
        RuleFor(resource => resource.Id).NotEmpty().MaximumLength(MaxIdLength);
        RuleFor(resource => resource.Id).Must(id => Digest.TryParse(id, out _)).When(resource => resource.Type is LeaseResourceRequest.Content)
            .WithMessage("is not a digest");
        RuleFor(resource => resource.Snapshotter).NotEmpty().MaximumLength(MaxSnapshotterLength).Matches(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z")
            .When(resource => resource.Type is LeaseResourceRequest.Snapshot).WithMessage("is not a snapshotter's name; an example is overlayfs");
        RuleFor(resource => resource.Snapshotter).Null().When(resource => resource.Type is not LeaseResourceRequest.Snapshot).WithMessage("is of snapshots only");
    }
}

/// <summary>Something a lease keeps.</summary>
/// <param name="Type">`content`, `snapshot`, `ingest` or `image`.</param>
/// <param name="Id">Its digest, key, ref or name.</param>
/// <param name="Snapshotter">Where a snapshot stands; of snapshots only.</param>
internal sealed record LeaseResourceView(string Type, string Id, string? Snapshotter)
{
    public static LeaseResourceView From(string wireType, string id) => wireType.Split('/', 2) switch
    {
        ["snapshots", var snapshotter] => new("snapshot", id, snapshotter),
        ["ingests"] => new("ingest", id, null),
        ["images"] => new("image", id, null),
        _ => new(wireType, id, null),
    };
}
