using FluentValidation;
using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;

namespace Gateway.Snapshots;

/// <summary>Keys: strict where one is made, tolerant where one is looked for, as containerd takes anything.</summary>
internal static class SnapshotKeys
{
    private const int MaxLength = 256;

    // Longer than any key that is made here: what stands under odd keys can still be a parent.
    private const int MaxParentLength = 4096;

    public static IRuleBuilderOptions<T, string?> MustBeSnapshotKey<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(IsKey).WithMessage($"is not 1 to {MaxLength} characters without control characters and '%2F', and not '.' or '..'");

    public static IRuleBuilderOptions<T, string?> MustBeParent<T>(this IRuleBuilder<T, string?> rule) => rule
        .Length(1, MaxParentLength).WithMessage($"is not 1 to {MaxParentLength} characters");

    /// <summary>The snapshot a path or a body names.</summary>
    public static async Task<Info> RequireSnapshotAsync(this NamespacedClient client, string snapshotter, string key, CancellationToken cancel) =>
        await client.FindSnapshotAsync(snapshotter, key, cancel)
            ?? throw new ProblemException(ProblemKinds.SnapshotNotFound, $"snapshotter '{snapshotter}' has no snapshot '{key}' in namespace '{client.Namespace}'");

    // The last three could not be named in a path: dot segments go, and %2F stands for a slash there.
    private static bool IsKey(string? key) => key is { Length: >= 1 and <= MaxLength }
        && !key.Any(char.IsControl) && !key.Contains('\ufffd', StringComparison.Ordinal)
        && key is not ("." or "..") && !key.Contains("%2F", StringComparison.OrdinalIgnoreCase);
}
