namespace Gateway.Content;

/// <summary>Where an upload stands.</summary>
internal sealed record UploadView
{
    /// <summary>The content's digest.</summary>
    public required string Digest { get; init; }

    /// <summary>The content's length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Where the next part begins; absent once the content is whole.</summary>
    public long? Offset { get; init; }

    /// <summary>What keeps it from the garbage collector.</summary>
    public required UploadLeaseView Lease { get; init; }
}

/// <summary>The lease that holds an upload.</summary>
/// <param name="Id">Its id.</param>
/// <param name="ExpiresAt">When it lets go; absent where it never does.</param>
internal sealed record UploadLeaseView(string Id, DateTimeOffset? ExpiresAt);
