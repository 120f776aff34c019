using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace Gateway.Oci;

/// <summary>A platform, written <c>os/arch[/variant]</c>; in normal form when made by <see cref="Parse"/> or read from a document.</summary>
/// <remarks>The normal form is containerd's (platforms v1, database.go), so that the two choose alike.</remarks>
public sealed record Platform
{
    /// <summary>Longest os, architecture or variant, in characters; real ones have at most 10.</summary>
    public const int MaxWordLength = 32;

    private const int MaxLength = (3 * MaxWordLength) + 2;
    private static readonly SearchValues<char> WordCharacter =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    /// <summary>The platform this process runs on.</summary>
    public static Platform Host { get; } = Of(CurrentOs(), RuntimeInformation.OSArchitecture);

    /// <summary>Operating system, for example <c>linux</c>.</summary>
    [JsonPropertyName("os")]
    public required string Os { get; init; }

    /// <summary>CPU architecture in Go's words, for example <c>amd64</c>.</summary>
    [JsonPropertyName("architecture")]
    public required string Architecture { get; init; }

    /// <summary>CPU variant, for example <c>v7</c>.</summary>
    [JsonPropertyName("variant")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Variant { get; init; }

    /// <summary>Version of the operating system; used by Windows images.</summary>
    [JsonPropertyName("os.version")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OsVersion { get; init; }

    /// <summary>Features the operating system must have, for example <c>win32k</c>. Not compared by <c>==</c> as values: a list.</summary>
    [JsonPropertyName("os.features")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? OsFeatures { get; init; }

    /// <summary>Parses <c>os/arch[/variant]</c> and brings it into normal form, or throws <see cref="FormatException"/>.</summary>
    public static Platform Parse(string value) =>
        TryParse(value, out var platform)
            ? platform
            : throw new FormatException("not a platform: expected os/arch[/variant], for example linux/amd64");

    /// <summary>Whether the text is <c>os/arch[/variant]</c>; the platform is in normal form.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out Platform? platform)
    {
        platform = null;
        var parts = value is null || value.Length > MaxLength ? [] : value.Split('/');
        if (parts.Length is not (2 or 3) || !parts.All(IsWord))
        {
            return false;
        }

        platform = new Platform { Os = parts[0], Architecture = parts[1], Variant = parts.Length is 3 ? parts[2] : null }.Normalised();
        return true;
    }

    /// <summary>The one spelling that is compared: lower case, <c>x86_64</c> as <c>amd64</c>, <c>arm</c> as <c>arm/v7</c>.</summary>
    public Platform Normalised()
    {
        var os = Os.ToLowerInvariant() is "macos" ? "darwin" : Os.ToLowerInvariant();
        var variant = Variant?.ToLowerInvariant() ?? "";
        var (architecture, canonical) = Architecture.ToLowerInvariant() switch
        {
            "i386" => ("386", ""),
            "x86_64" or "x86-64" or "amd64" => ("amd64", variant is "v1" ? "" : variant),
            "aarch64" or "arm64" => ("arm64", variant switch { "8" or "v8" or "v8.0" => "", "9" or "9.0" or "v9.0" => "v9", _ => variant }),
            "armhf" => ("arm", "v7"),
            "armel" => ("arm", "v6"),
            "arm" => ("arm", variant switch { "" or "7" => "v7", "5" or "6" or "8" => "v" + variant, _ => variant }),
            var other => (other, variant),
        };
        return this with { Os = os, Architecture = architecture, Variant = canonical.Length is 0 ? null : canonical };
    }

    /// <summary><c>os/arch[/variant]</c>.</summary>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    /// <summary>Whether the text may be an os, an architecture or a variant.</summary>
    internal static bool IsWord(string part) => part.Length is > 0 and <= MaxWordLength && !part.AsSpan().ContainsAnyExcept(WordCharacter);

    /// <summary>.NET's word for a CPU in Go's.</summary>
    internal static Platform Of(string os, Cpu cpu) => new Platform
    {
        Os = os,
        Architecture = cpu switch
        {
            Cpu.X64 => "amd64",
            Cpu.X86 => "386",
            Cpu.Armv6 => "armel",
            Cpu.LoongArch64 => "loong64",
            var other => other.ToString(),   // Arm64, Arm, S390x, Ppc64le and RiscV64 differ by case alone
        },
    }.Normalised();

    private static string CurrentOs() =>
        OperatingSystem.IsLinux() ? "linux"
        : OperatingSystem.IsWindows() ? "windows"
        : OperatingSystem.IsMacOS() ? "darwin"
        : OperatingSystem.IsFreeBSD() ? "freebsd"
        : "unknown";
}
