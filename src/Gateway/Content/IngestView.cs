using Gateway.Containerd;
using Gateway.Containerd.Services.Content;

namespace Gateway.Content;

/// <summary>A blob that is still being written, or that was left half-way.</summary>
internal sealed record IngestView
{
    /// <summary>Its name.</summary>
    public required string Ref { get; init; }

    /// <summary>Bytes that are there.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes there will be; absent where the writer did not tell.</summary>
    public long? Total { get; init; }

    /// <summary>The digest it will have; absent where the writer did not tell.</summary>
    public string? Expected { get; init; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When bytes last came.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    public static IngestView From(Status ingest) => new()
    {
        Ref = ingest.Ref,
        Offset = ingest.Offset,
        Total = ingest.Total is 0 ? null : ingest.Total,
        Expected = ingest.Expected.Length is 0 ? null : ingest.Expected,
        StartedAt = ingest.StartedAt.OrNull(),
        UpdatedAt = ingest.UpdatedAt.OrNull(),
    };
}
