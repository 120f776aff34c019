namespace Gateway.Oci;

/// <summary>An OCI image index or a Docker manifest list.</summary>
public sealed record ImageIndex : OciDocument
{
    /// <summary>The entries: manifests, and rarely indexes.</summary>
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    private protected override void Check()
    {
        if (Manifests is null or { Count: 0 } or { Count: > MaxIndexEntries })
        {
            throw Invalid($"the index has {Manifests?.Count ?? 0} entries; 1 to {MaxIndexEntries} are accepted");
        }

        for (var i = 0; i < Manifests.Count; i++)
        {
            CheckDescriptor(Manifests[i], $"manifests[{i}]");
            if (!MediaTypes.IsIndex(Manifests[i].MediaType) && !MediaTypes.IsManifest(Manifests[i].MediaType))
            {
                throw Invalid($"manifests[{i}] is '{Shown(Manifests[i].MediaType)}', which is neither a manifest nor an index");
            }
        }
    }
}
