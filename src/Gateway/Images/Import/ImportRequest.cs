using System.Text.Json.Serialization;
using FluentValidation;
using Gateway.Oci;
using Gateway.Oci.Archives;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Images.Import;

/// <summary>How to import an archive. The archive itself is the body.</summary>
internal sealed record ImportRequest
{
    /// <summary>Whether to unpack what fits: of each image the chosen platforms, or the node's where none is chosen. Default true.</summary>
    [FromQuery(Name = "unpack")]
    public bool? Unpack { get; init; }

    /// <summary>Platforms to keep, `os/arch[/variant]`; repeatable. All where none is named, and the archive must then hold all.</summary>
    [FromQuery(Name = "platform")]
    public string[]? Platform { get; init; }

    /// <summary>A repository: only names below it are taken, and it stands before bare tags and before images without a name.</summary>
    [FromQuery(Name = "prefix")]
    public string? Prefix { get; init; }

    /// <summary>Where to unpack; the gateway's default snapshotter where none is named.</summary>
    [FromQuery(Name = "snapshotter")]
    public string? Snapshotter { get; init; }

    /// <summary>Whether names that stand for something else are moved. Default false: such an archive is refused.</summary>
    [FromQuery(Name = "overwrite")]
    public bool? Overwrite { get; init; }
}

/// <summary>Bounds of the parameters.</summary>
internal sealed class ImportRequestValidator : AbstractValidator<ImportRequest>
{
    public ImportRequestValidator()
    {
        RuleFor(import => import.Platform).MustBePlatforms();
        RuleFor(import => import.Prefix).Must(prefix => prefix is null || ArchiveNaming.IsPrefix(prefix))
            .WithMessage("is not a repository; an example is docker.io/acme/app");
        RuleFor(import => import.Snapshotter).MustBeSnapshotter();
    }
}

/// <summary>What is left to do once the archive stands in the content store: digests and names, as the job keeps them.</summary>
internal sealed record ImportWork
{
    public required IReadOnlyList<ImportedImage> Images { get; init; }

    /// <summary>Platforms in normal form; empty: all.</summary>
    public required IReadOnlyList<string> Platforms { get; init; }

    public required bool Unpack { get; init; }

    public required string Snapshotter { get; init; }

    public required bool Overwrite { get; init; }

    /// <summary>Bytes of the archive as it was sent.</summary>
    public required long ArchiveBytes { get; init; }

    /// <summary>Blobs of the archive that were not in the namespace before.</summary>
    public required int BlobsWritten { get; init; }

    /// <summary>Blobs of the archive that were.</summary>
    public required int BlobsExisting { get; init; }

    [JsonIgnore]
    public IReadOnlyList<Platform> Wanted => Platforms.Select(Oci.Platform.Parse).ToArray();
}

/// <summary>An image of an archive.</summary>
/// <param name="Name">The name it is stored under.</param>
/// <param name="Target">What the name stands for.</param>
internal sealed record ImportedImage(string Name, TargetView Target);

/// <summary>What an import leaves behind.</summary>
/// <param name="Images">The images.</param>
/// <param name="ArchiveBytes">Bytes of the archive as it was sent.</param>
/// <param name="BlobsWritten">Blobs that were new to the namespace.</param>
/// <param name="BlobsExisting">Blobs that were there before.</param>
internal sealed record ImportResult(IReadOnlyList<ImportedImage> Images, long ArchiveBytes, int BlobsWritten, int BlobsExisting);
