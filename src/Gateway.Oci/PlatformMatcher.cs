namespace Gateway.Oci;

/// <summary>Chooses among the entries of an index, the way containerd does.</summary>
/// <remarks>
/// An entry fits when its platform is the wanted one or one the wanted CPU also runs (<c>amd64</c> runs <c>386</c>, <c>arm/v7</c> runs
/// <c>arm/v6</c>). An entry without a platform may be anything: it fits, sorts last, and its config tells in the end (<see cref="Accepts"/>).
/// </remarks>
public static class PlatformMatcher
{
    /// <summary>Most platforms that a message lists.</summary>
    private const int MaxListed = 16;

    /// <summary>The entry that fits best, or an <see cref="OciFault.PlatformNotFound"/> that names what the index has.</summary>
    public static Descriptor Choose(Platform wanted, ImageIndex index) =>
        Candidates(wanted, index) is [var best, ..] ? best : throw NotFound(wanted, Images(index).Select(entry => entry.Platform));

    /// <summary>All entries that fit, best first; among equals the index's order holds. An entry may be an index itself.</summary>
    public static IReadOnlyList<Descriptor> Candidates(Platform wanted, ImageIndex index)
    {
        var vector = PlatformVector.Of(wanted);
        return Images(index)
            .Select(entry => (Entry: entry, Rank: entry.Platform is null ? vector.Count : Rank(vector, entry.Platform)))
            .Where(candidate => candidate.Rank >= 0)
            .OrderBy(candidate => candidate.Rank)   // a stable sort
            .Select(candidate => candidate.Entry)
            .ToArray();
    }

    /// <summary>Which of some images that are here a pull for the wanted platform would choose; null where none fits.</summary>
    public static int? Best(Platform wanted, IReadOnlyList<Platform?> actual)
    {
        var vector = PlatformVector.Of(wanted);
        return actual
            .Select((platform, i) => (Index: i, Rank: platform is null ? -1 : Rank(vector, platform)))
            .Where(candidate => candidate.Rank >= 0)
            .OrderBy(candidate => candidate.Rank)
            .Select(candidate => (int?)candidate.Index)
            .FirstOrDefault();
    }

    /// <summary>Every entry that is an image (or an index of images) for any platform; attestations and artifacts are left out.</summary>
    public static IReadOnlyList<Descriptor> Images(ImageIndex index) => index.Manifests.Where(IsImage).ToArray();

    /// <summary>Whether an image of the actual platform, as its config tells, runs on the wanted one. One that tells none runs nowhere.</summary>
    public static bool Accepts(Platform wanted, Platform? actual) => actual is not null && Rank(PlatformVector.Of(wanted), actual) >= 0;

    /// <summary>The fault that says which platform was wanted and which there are.</summary>
    public static OciException NotFound(Platform wanted, IEnumerable<Platform?> available)
    {
        var names = available.Select(platform => platform?.ToString() ?? "an unnamed platform").Distinct(StringComparer.Ordinal).ToArray();
        var listed = names.Length is 0 ? "none" : string.Join(", ", names.Take(MaxListed));
        var more = names.Length > MaxListed ? $" and {names.Length - MaxListed} more" : "";
        return new OciException(OciFault.PlatformNotFound, $"the image is not there for {wanted}; it is there for {listed}{more}");
    }

    // BuildKit's attestations are manifests of the platform unknown/unknown that point at the image they speak of.
    private static bool IsImage(Descriptor entry) =>
        (MediaTypes.IsManifest(entry.MediaType) || MediaTypes.IsIndex(entry.MediaType))
        && entry.Platform is not { Os: "unknown", Architecture: "unknown" }
        && !(entry.Annotations?.TryGetValue("vnd.docker.reference.type", out var kind) is true && kind is "attestation-manifest")
        && (entry.Platform is not null || entry.ArtifactType is null);

    private static int Rank(IReadOnlyList<Platform> vector, Platform actual)
    {
        var normal = actual.Normalised();
        for (var rank = 0; rank < vector.Count; rank++)
        {
            if (Fits(vector[rank], normal))
            {
                return rank;
            }
        }

        return -1;
    }

    private static bool Fits(Platform wanted, Platform actual) =>
        string.Equals(wanted.Os, actual.Os, StringComparison.Ordinal)
        && string.Equals(wanted.Architecture, actual.Architecture, StringComparison.Ordinal)
        && string.Equals(wanted.Variant, actual.Variant, StringComparison.Ordinal)
        && FitsOsVersion(wanted, actual)
        && FitsOsFeatures(wanted, actual);

    // Windows images run on the build they were made for: 10.0.17763.1 on any 10.0.17763. Who names no version takes any.
    private static bool FitsOsVersion(Platform wanted, Platform actual) =>
        wanted.Os is not "windows" || wanted.OsVersion is null || actual.OsVersion is null
        || Build(wanted.OsVersion).SequenceEqual(Build(actual.OsVersion), StringComparer.Ordinal);

    // image-spec v1.1 image-index.md: each feature is mandatory. Every Windows has win32k or runs the image without it, so containerd passes it over.
    private static bool FitsOsFeatures(Platform wanted, Platform actual) =>
        (actual.OsFeatures ?? []).All(feature =>
            (actual.Os is "windows" && feature is "win32k") || wanted.OsFeatures?.Contains(feature, StringComparer.Ordinal) is true);

    private static IEnumerable<string> Build(string osVersion) => osVersion.Split('.').Take(3);
}
