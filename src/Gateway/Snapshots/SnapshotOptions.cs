using System.ComponentModel.DataAnnotations;

namespace Gateway.Snapshots;

/// <summary>Section <c>Snapshots</c>.</summary>
internal sealed class SnapshotOptions
{
    public const string Section = "Snapshots";

    /// <summary>Requests that read files of snapshots at the same time; one more is told to come back. Default 16; 1 to 256.</summary>
    [Range(1, 256)]
    public int MaxConcurrentReads { get; init; } = 16;

    /// <summary>Longest time one such request may take, and term of the lease it works under. Default 1 hour; 1 minute to 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan MaxReadTime { get; init; } = TimeSpan.FromHours(1);
}
