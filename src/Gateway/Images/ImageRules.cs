using FluentValidation;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>Rules that several requests of this feature share.</summary>
internal static class ImageRules
{
    private const int MaxPlatforms = 32;
    private const int MaxSnapshotterLength = 64;

    public static void MustBePlatforms<T>(this IRuleBuilder<T, string[]?> rule) => rule
        .Must(platforms => platforms is not { Length: > MaxPlatforms }).WithMessage($"names more than {MaxPlatforms} platforms")
        .Must(platforms => platforms?.All(text => Platform.TryParse(text, out _)) is not false).WithMessage("is not os/arch[/variant]; an example is linux/amd64");

    public static void MustBeSnapshotter<T>(this IRuleBuilder<T, string?> rule) => rule
        .MaximumLength(MaxSnapshotterLength).Matches(@"\A[A-Za-z0-9][A-Za-z0-9._-]*\z").WithMessage("is not a snapshotter's name; an example is overlayfs");

    /// <summary>In normal form, each once.</summary>
    public static string[] Normalise(string[]? platforms) =>
        (platforms ?? []).Select(text => Platform.Parse(text).ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();

    public static async Task RequireSnapshotterAsync(this ContainerdClient containerd, string snapshotter, CancellationToken cancel)
    {
        var loaded = await containerd.SnapshottersAsync(cancel);
        if (!loaded.Contains(snapshotter, StringComparer.Ordinal))
        {
            throw new ProblemException(ProblemKinds.SnapshotterNotFound, $"containerd has no snapshotter '{snapshotter}'; it has {string.Join(", ", loaded)}");
        }
    }
}
