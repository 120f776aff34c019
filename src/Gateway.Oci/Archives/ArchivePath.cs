namespace Gateway.Oci.Archives;

/// <summary>Names of entries. They are compared and looked up, never opened.</summary>
internal static class ArchivePath
{
    private const string Blobs = "blobs/sha256/";

    /// <summary>One spelling for <c>./a//b</c> and <c>a/b</c>. What leads upwards or to a root stays as it is, and so names nothing.</summary>
    public static string Clean(string name)
    {
        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        return name.StartsWith('/') ? "/" + string.Join('/', parts) : string.Join('/', parts);
    }

    /// <summary>Where a link leads: a symbolic one from its own folder, a hard one from the root. Null where that lies outside.</summary>
    public static string? Target(string name, string linkName, bool isSymbolic)
    {
        if (linkName.StartsWith('/'))
        {
            return null;
        }

        var place = isSymbolic ? name.Split('/')[..^1].ToList() : [];
        foreach (var part in linkName.Split('/').Where(part => part is not ("" or ".")))
        {
            if (part is not "..")
            {
                place.Add(part);
            }
            else if (place.Count is 0)
            {
                return null;
            }
            else
            {
                place.RemoveAt(place.Count - 1);
            }
        }

        return string.Join('/', place);
    }

    /// <summary>The digest that a name under <c>blobs/sha256</c> promises; null for other names.</summary>
    public static Digest? Promised(string name) =>
        !name.StartsWith(Blobs, StringComparison.Ordinal) ? null
        : Digest.TryParse($"sha256:{name[Blobs.Length..]}", out var digest) ? digest
        : throw ArchiveFault.Invalid($"'{ArchiveFault.Show(name)}' is no digest");

    /// <summary>Files of Docker's first layout that nothing refers to any more; old <c>docker save</c> still writes them for each layer.</summary>
    public static bool IsObsolete(string name) =>
        name is "repositories" || (name.Split('/') is [var folder, "VERSION" or "json"] && ReferenceGrammar.IsImageId(folder));
}
