namespace Gateway.Oci.Archives;

/// <summary>A file of an archive that has been stored.</summary>
internal sealed record ArchivedBlob(Digest Digest, long Size, BlobCompression Compression);

/// <summary>What an archive held: its files by name and digest, its links, and the documents that tell what they are.</summary>
public sealed class ArchiveContents
{
    internal const string Layout = "oci-layout";
    internal const string Index = "index.json";
    internal const string Manifest = "manifest.json";

    /// <summary>Links that lead to links; Docker writes one.</summary>
    private const int MaxLinks = 8;

    private readonly Dictionary<string, ArchivedBlob> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> documents = new(StringComparer.Ordinal);
    private readonly Dictionary<Digest, long> sizes = [];

    /// <summary>Bytes of the archive as it was sent.</summary>
    public long RawBytes { get; internal set; }

    internal IEnumerable<string> Links => links.Keys;

    internal static bool IsDocument(string name) => name is Layout or Index or Manifest;

    /// <summary>The size of a blob; null where the archive does not hold it.</summary>
    public long? SizeOf(Digest digest) => sizes.TryGetValue(digest, out var size) ? size : null;

    /// <summary>Adds a document that was made for the archive, such as the manifest it did not have.</summary>
    public void Add(Descriptor made) => sizes[made.Digest] = made.Size;

    internal void Add(string name, ArchivedBlob blob)
    {
        RequireNew(name, links.ContainsKey(name) || (files.TryGetValue(name, out var before) && before != blob));
        files[name] = blob;
        sizes[blob.Digest] = blob.Size;
    }

    internal void AddLink(string name, string target)
    {
        RequireNew(name, IsDocument(name) || files.ContainsKey(name) || (links.TryGetValue(name, out var before) && before != target));
        links[name] = target;
    }

    internal void AddDocument(string name, byte[] bytes) =>
        RequireNew(name, !documents.TryAdd(name, bytes) && !documents[name].AsSpan().SequenceEqual(bytes));

    internal byte[]? Document(string name) => documents.GetValueOrDefault(name);

    /// <summary>The file of this name, through links; null where there is none.</summary>
    internal ArchivedBlob? Find(string name)
    {
        for (var step = 0; step < MaxLinks && links.TryGetValue(name, out var target); step++)
        {
            name = target;
        }

        return files.GetValueOrDefault(name);
    }

    // Which of two files of one name counts depends on the reader.
    private static void RequireNew(string name, bool isTaken)
    {
        if (isTaken)
        {
            throw ArchiveFault.Invalid($"it holds '{ArchiveFault.Show(name)}' twice, and the two differ");
        }
    }
}
