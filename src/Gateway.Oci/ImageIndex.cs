namespace Gateway.Oci;

/// <summary>An image index or manifest list: one image for several platforms.</summary>
public sealed record ImageIndex : OciDocument
{
    internal ImageIndex(DocumentFields fields, string mediaType)
        : base(fields, mediaType) =>
        Manifests = fields.List("manifests", DocumentLimits.MaxIndexEntries, (element, at) => DescriptorReader.Read(fields, element, at));

    /// <summary>The entries in their order; may be empty.</summary>
    public IReadOnlyList<Descriptor> Manifests { get; }
}
