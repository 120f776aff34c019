using System.Buffers.Binary;
using Gateway.Http;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Snapshots.Trees;

/// <summary>
/// A folder as it would be seen with the layers mounted over one another, read from the layers themselves: nothing is mounted, and no link is
/// ever followed by the kernel, so nothing outside of the layers can be reached.
/// </summary>
internal sealed class TreeFolder : IDisposable
{
    // Names of one folder are sorted in memory.
    private const int MaxNames = 1_000_000;
    private const int BufferBytes = 64 * 1024;

    private readonly TreeLayers layers;
    private readonly List<(int Layer, SafeFileHandle Folder)> parts;

    private TreeFolder(TreeLayers layers, List<(int Layer, SafeFileHandle Folder)> parts) => (this.layers, this.parts) = (layers, parts);

    /// <summary>Which layers have a part in it, the top one first.</summary>
    public IEnumerable<int> Layers => parts.Select(part => part.Layer);

    /// <summary>The root of the tree.</summary>
    public static TreeFolder Open(TreeLayers layers)
    {
        var folder = new TreeFolder(layers, []);
        try
        {
            for (var i = 0; i < layers.Paths.Count; i++)
            {
                folder.parts.Add((i, Kernel.OpenFolder(layers.Paths[i]) ?? throw TreeLayers.NotReadable("its folders are not on the gateway's host")));
            }

            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>What stands under a name; null where nothing does.</summary>
    public TreeEntry? Find(string name)
    {
        var bytes = FileNames.Terminated(name);
        foreach (var (layer, folder) in parts)
        {
            if (Kernel.Stat(folder, bytes) is { } facts)
            {
                return layers.IsOverlay && facts.IsWhiteout ? null : new TreeEntry(facts, layer, folder, bytes);
            }
        }

        return null;
    }

    /// <summary>The folder of a name, merged from the layers; null where it is none, or gone.</summary>
    public TreeFolder? OpenFolder(string name)
    {
        var bytes = FileNames.Terminated(name);
        var found = new TreeFolder(layers, []);
        try
        {
            foreach (var (layer, folder) in parts)
            {
                if (!found.AddPart(layer, folder, bytes))
                {
                    break;
                }
            }
        }
        catch
        {
            found.Dispose();
            throw;
        }

        return found.parts.Count > 0 ? found : null;
    }

    /// <summary>Names in the layers above the given one, also of what a layer hides; each once, unsorted.</summary>
    public void AddNames(HashSet<string> names, int above)
    {
        foreach (var (_, folder) in parts.Where(part => part.Layer < above))
        {
            foreach (var name in NamesOf(folder))
            {
                if (names.Add(name) && names.Count > MaxNames)
                {
                    throw new ProblemException(ProblemKinds.TreeTooLarge, $"a folder has more than {MaxNames} entries");
                }
            }
        }
    }

    /// <summary>All names, sorted ordinally; what stands under one may be gone.</summary>
    public string[] Names()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        AddNames(names, int.MaxValue);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        foreach (var (_, folder) in parts)
        {
            folder.Dispose();
        }
    }

    // Whether layers below may still have a part.
    private bool AddPart(int layer, SafeFileHandle folder, byte[] name)
    {
        if (Kernel.Stat(folder, name) is not { } facts)
        {
            return true;
        }

        if (facts.Type is not FileType.Directory || Kernel.OpenFolder(folder, name) is not { } part)
        {
            return false;
        }

        parts.Add((layer, part));
        if (!layers.IsOverlay)
        {
            return false;
        }

        // A renamed folder takes its content from elsewhere; containerd mounts without that.
        return Mark(part, "redirect") is null ? Mark(part, "opaque") is not [(byte)'y'] : throw TreeLayers.NotReadable("a folder is redirected");
    }

    private byte[]? Mark(SafeFileHandle folder, string name) => Kernel.Attribute(folder, Kernel.Terminated(layers.AttributePrefix + name));

    // The kernel's struct linux_dirent64: inode (8), offset (8), length of the record (2), type (1), name, NUL.
    private static IEnumerable<string> NamesOf(SafeFileHandle folder)
    {
        // Opened anew: the place in a listing belongs to the handle.
        using var listing = Kernel.OpenFolder(folder, [(byte)'.', 0]);
        var buffer = new byte[BufferBytes];
        for (int filled; listing is not null && (filled = Kernel.ReadFolder(listing, buffer)) > 0;)
        {
            for (var at = 0; at < filled; at += BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16)))
            {
                var name = buffer.AsSpan(at + 19);
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    yield return FileNames.Text(name);
                }
            }
        }
    }
}

/// <summary>What stands under a name of a folder; of use as long as the folder is open.</summary>
/// <param name="Facts">What it is.</param>
/// <param name="Layer">The layer it comes from.</param>
internal sealed record TreeEntry(FileFacts Facts, int Layer, SafeFileHandle Folder, byte[] Name)
{
    /// <summary>What it says, if it is a link.</summary>
    public string? LinkTarget => Facts.Type is FileType.Symlink && Kernel.ReadLink(Folder, Name) is { } target ? FileNames.Text(target) : null;

    /// <summary>Its bytes, if it is a regular file; null where it is gone.</summary>
    public SafeFileHandle? OpenFile()
    {
        var file = Kernel.OpenFile(Folder, Name);
        if (file is not null && Kernel.Attribute(file, Kernel.Terminated("trusted.overlay.metacopy")) is not null)
        {
            file.Dispose();
            throw TreeLayers.NotReadable("a file has its bytes in another layer");
        }

        return file;
    }
}
