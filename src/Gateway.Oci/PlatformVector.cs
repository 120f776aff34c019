namespace Gateway.Oci;

/// <summary>The platforms whose images run on a wanted one, best first: containerd's <c>platforms.Only</c> (compare.go).</summary>
internal static class PlatformVector
{
    private const int OldestArm = 5;
    private const int Arm32OfArm64 = 8;
    private const int NewestArm8Minor = 9;

    /// <summary>At most some 20 platforms, whatever a caller writes: a variant that is no known version stands for itself alone.</summary>
    public static IReadOnlyList<Platform> Of(Platform wanted)
    {
        var platform = wanted.Normalised();
        return platform.Architecture switch
        {
            "amd64" => [platform, .. Versions(platform, Version(platform.Variant) - 1, 1), With(platform, "386", null)],
            "arm" => [platform, .. Versions(platform, Version(platform.Variant) - 1, OldestArm)],
            "arm64" => [platform, .. BelowArm64(platform)],
            _ => [platform],
        };
    }

    // v8.m runs v8.m to v8.0. v9.m runs v9.m to v9.0, then v8.(m+5) to v8.0, of which none is above v8.9. All run 32-bit arm.
    private static IEnumerable<Platform> BelowArm64(Platform platform)
    {
        var (major, minor) = platform.Variant switch
        {
            null => (8, 0),
            ['v', ('8' or '9') and var digit] => (digit - '0', 0),
            ['v', ('8' or '9') and var digit, '.', >= '0' and <= '9' and var minorDigit] => (digit - '0', minorDigit - '0'),
            _ => (0, 0),
        };
        return major switch
        {
            8 => Minors(platform, 8, minor - 1).Concat(Arm32(platform)),
            9 => Minors(platform, 9, minor - 1).Concat(Minors(platform, 8, Math.Min(minor + 5, NewestArm8Minor))).Concat(Arm32(platform)),
            _ => [],
        };
    }

    private static IEnumerable<Platform> Arm32(Platform platform) => Versions(platform with { Architecture = "arm" }, Arm32OfArm64, OldestArm);

    private static IEnumerable<Platform> Versions(Platform platform, int newest, int oldest)
    {
        for (var version = newest; version >= oldest; version--)
        {
            yield return With(platform, platform.Architecture, $"v{version}");
        }
    }

    private static IEnumerable<Platform> Minors(Platform platform, int major, int newest)
    {
        for (var minor = newest; minor >= 0; minor--)
        {
            yield return With(platform, platform.Architecture, $"v{major}.{minor}");
        }
    }

    private static Platform With(Platform platform, string architecture, string? variant) =>
        (platform with { Architecture = architecture, Variant = variant }).Normalised();

    private static int Version(string? variant) => variant is ['v', >= '1' and <= '9' and var digit] ? digit - '0' : 0;
}
