namespace Gateway.Oci;

/// <summary>One step of an image's build (image-spec v1.1 config.md, "history").</summary>
public sealed record HistoryEntry
{
    internal HistoryEntry(DocumentFields fields)
    {
        Created = fields.Time("created");
        CreatedBy = fields.Text("created_by");
        Author = fields.Text("author");
        Comment = fields.Text("comment");
        EmptyLayer = fields.Flag("empty_layer");
    }

    /// <summary>When the step ran.</summary>
    public DateTimeOffset? Created { get; }

    /// <summary>The command.</summary>
    public string? CreatedBy { get; }

    /// <summary>Who ran it.</summary>
    public string? Author { get; }

    /// <summary>What the builder adds.</summary>
    public string? Comment { get; }

    /// <summary>Whether the step made no layer.</summary>
    public bool EmptyLayer { get; }
}
