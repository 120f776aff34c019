namespace Gateway.TestKit;

/// <summary>Where a daemon is to be looked at, whoever started it.</summary>
/// <param name="ctr">The program.</param>
/// <param name="address">The daemon's socket.</param>
/// <param name="root">The folder of its records and content.</param>
/// <param name="state">The folder of what runs.</param>
public class ContainerdPlace(string ctr, string address, string root, string state)
{
    public Ctr Ctr { get; } = new(ctr, address);

    public string Address { get; } = address;

    public RawRecords RecordsOf(string containerdNamespace) => new(this, containerdNamespace);

    public string Root { get; } = root;

    public string State { get; } = state;

    public string ContentStore => Path.Combine(Root, "io.containerd.content.v1.content");

    /// <summary>The file of a blob that some namespace has.</summary>
    public string BlobPath(string digest) => Path.Combine(ContentStore, "blobs", digest.Replace(':', '/'));
}
