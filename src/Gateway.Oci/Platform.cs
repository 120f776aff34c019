using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>A platform, written <c>os/arch[/variant]</c>; always in normal form when made by <see cref="Parse"/>.</summary>
public sealed record Platform
{
    /// <summary>Operating system, for example <c>linux</c>.</summary>
    [JsonPropertyName("os")]
    public required string Os { get; init; }

    /// <summary>CPU architecture in Go's words, for example <c>amd64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>CPU variant, for example <c>v7</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Variant { get; init; }

    /// <summary>Version of the operating system; used by Windows images.</summary>
    [JsonPropertyName("os.version")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OsVersion { get; init; }

    /// <summary>The platform this process runs on: what a pull brings where it names none.</summary>
    [JsonIgnore]
    public static Platform Host { get; } = new Platform
    {
        Os = OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux",
        Architecture = RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "amd64",
            System.Runtime.InteropServices.Architecture.X86 => "386",
            var other => other.ToString().ToLowerInvariant(),
        },
    }.Normalised();

    /// <summary>Parses <c>os/arch[/variant]</c> and brings it into normal form, or throws <see cref="FormatException"/>.</summary>
    public static Platform Parse(string value) =>
        TryParse(value, out var platform) ? platform : throw new FormatException("not a platform: expected os/arch[/variant], for example linux/amd64");

    /// <summary>Whether the text is <c>os/arch[/variant]</c>; the platform is in normal form.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out Platform? platform)
    {
        platform = null;
        var parts = value?.Split('/') ?? [];
        if (parts.Length is not (2 or 3) || !parts.All(IsWord))
        {
            return false;
        }

        platform = new Platform { Os = parts[0], Architecture = parts[1], Variant = parts.Length is 3 ? parts[2] : null }.Normalised();
        return true;
    }

    /// <summary>The same platform in the one spelling that is compared: lower case, <c>x86_64</c> as <c>amd64</c>, <c>arm</c> as <c>arm/v7</c>.</summary>
    public Platform Normalised()
    {
        var os = Os.ToLowerInvariant() is "macos" ? "darwin" : Os.ToLowerInvariant();
        var variant = Variant?.ToLowerInvariant() ?? "";
        var (architecture, canonical) = Architecture.ToLowerInvariant() switch
        {
            "i386" => ("386", ""),
            "x86_64" or "x86-64" or "amd64" => ("amd64", variant is "v1" ? "" : variant),
            "aarch64" or "arm64" => ("arm64", variant is "8" or "v8" ? "" : variant),
            "armhf" => ("arm", "v7"),
            "armel" => ("arm", "v6"),
            "arm" => ("arm", variant switch { "" or "7" => "v7", "5" or "6" or "8" => "v" + variant, _ => variant }),
            var other => (other, variant),
        };
        return this with { Os = os, Architecture = architecture, Variant = canonical.Length is 0 ? null : canonical };
    }

    /// <summary><c>os/arch[/variant]</c>.</summary>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static bool IsWord(string part) =>
        part.Length is > 0 and <= 32 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
