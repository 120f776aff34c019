namespace Gateway.Oci;

/// <summary>Chooses entries of an index as containerd's clients do (containerd/platforms, <c>Only</c>).</summary>
public static class PlatformMatcher
{
    private const string AttestationAnnotation = "vnd.docker.reference.type";
    private const int MaxNamed = 20;

    /// <summary>The best entry for a wanted platform. Entries without a platform fit, but come last; among equals the first wins.</summary>
    public static Descriptor Choose(Platform wanted, IReadOnlyList<Descriptor> entries)
    {
        var accepted = Accepted(wanted.Normalised());
        return AllImages(entries)
            .Select(entry => (Entry: entry, Rank: entry.Platform is null ? accepted.Count : Rank(accepted, entry.Platform.Normalised())))
            .Where(candidate => candidate.Rank >= 0)
            .OrderBy(candidate => candidate.Rank)
            .Select(candidate => candidate.Entry)
            .FirstOrDefault()
            ?? throw NotFound(wanted, entries);
    }

    /// <summary>Every entry that is an image: attestations are not.</summary>
    public static IReadOnlyList<Descriptor> AllImages(IReadOnlyList<Descriptor> entries) => entries.Where(entry => !IsAttestation(entry)).ToArray();

    /// <summary>Whether something built for the offered platform runs on the wanted one.</summary>
    public static bool Accepts(Platform wanted, Platform offered) => Rank(Accepted(wanted.Normalised()), offered.Normalised()) >= 0;

    // BuildKit stores provenance as manifests for unknown/unknown.
    private static bool IsAttestation(Descriptor entry) =>
        entry.Platform is { Os: "unknown", Architecture: "unknown" } || entry.Annotations?.ContainsKey(AttestationAnnotation) is true;

    private static int Rank(IReadOnlyList<Platform> accepted, Platform offered)
    {
        for (var i = 0; i < accepted.Count; i++)
        {
            if (accepted[i].Os == offered.Os && accepted[i].Architecture == offered.Architecture && accepted[i].Variant == offered.Variant
                && FitsOsVersion(accepted[i].OsVersion, offered.OsVersion))
            {
                return i;
            }
        }

        return -1;
    }

    // Windows: the build must be the same, the revision after it need not.
    private static bool FitsOsVersion(string? wanted, string? offered) =>
        wanted is null || offered is null || offered.StartsWith(wanted, StringComparison.Ordinal);

    /// <summary>What a platform runs, best first.</summary>
    private static IReadOnlyList<Platform> Accepted(Platform wanted) => wanted.Architecture switch
    {
        "amd64" => [.. Down(wanted, wanted.Variant, 2), wanted with { Variant = null }, wanted with { Architecture = "386", Variant = null }],
        "arm" => [.. Down(wanted, wanted.Variant, 5)],
        "arm64" => [wanted, .. Down(wanted with { Architecture = "arm" }, "v8", 5)],
        _ => [wanted],
    };

    // vN, vN-1 ... vLast; a variant that is not a number stands for itself.
    private static IEnumerable<Platform> Down(Platform of, string? variant, int last)
    {
        if (variant is null)
        {
            return [];
        }

        return variant is ['v', >= '1' and <= '9'] && variant[1] - '0' >= last
            ? Enumerable.Range(last, variant[1] - '0' - last + 1).Reverse().Select(n => of with { Variant = $"v{n}" })
            : [of with { Variant = variant }];
    }

    private static OciException NotFound(Platform wanted, IReadOnlyList<Descriptor> entries)
    {
        var offered = AllImages(entries).Select(entry => entry.Platform?.ToString()).OfType<string>().Distinct(StringComparer.Ordinal).Take(MaxNamed);
        return new OciException(OciFault.PlatformNotFound, $"the image is not for {wanted}; it is for {string.Join(", ", offered)}");
    }
}
