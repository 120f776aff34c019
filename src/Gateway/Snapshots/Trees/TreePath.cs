using Gateway.Http;

namespace Gateway.Snapshots.Trees;

/// <summary>
/// Finds a path in a tree as openat2 does with RESOLVE_IN_ROOT: the tree's root is the root, whatever a link or <c>..</c> says. Folders are
/// opened one name at a time; links are read and followed here, never by the kernel.
/// </summary>
internal sealed class TreePath : IDisposable
{
    private const int MaxPathLength = 4096;
    private const int MaxLinks = 40;   // the kernel's own bound

    private readonly List<TreeFolder> folders;

    private TreePath(TreeFolder root) => folders = [root];

    /// <summary>The folder that was found, or that of the entry.</summary>
    public TreeFolder Folder => folders[^1];

    /// <summary>What was found, where it is no folder.</summary>
    public TreeEntry? Entry { get; private set; }

    /// <summary>The place of a path in the tree.</summary>
    public static TreePath Find(TreeLayers layers, string path)
    {
        if (path.Length is 0 or > MaxPathLength || path.Contains('\0', StringComparison.Ordinal))
        {
            throw ProblemException.InvalidField("path", $"is not 1 to {MaxPathLength} characters without NUL");
        }

        var found = new TreePath(TreeFolder.Open(layers));
        try
        {
            found.Walk(path);
            return found;
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var folder in folders)
        {
            folder.Dispose();
        }
    }

    private void Walk(string path)
    {
        var names = new Stack<string>(Names(path));
        var links = 0;
        while (names.TryPop(out var name))
        {
            if (name is "..")
            {
                Leave(folders.Count > 1 ? 1 : 0);
                continue;
            }

            var entry = Folder.Find(name) ?? throw Missing(path);
            switch (entry.Facts.Type)
            {
                case FileType.Directory:
                    Enter(Folder.OpenFolder(name) ?? throw Missing(path));
                    break;
                case FileType.Symlink when ++links <= MaxLinks:
                    Follow(entry.LinkTarget ?? throw Missing(path), names);
                    break;
                case FileType.Symlink:
                    throw new ProblemException(ProblemKinds.FileNotReadable, $"'{path}' leads over more than {MaxLinks} links");
                default:
                    Entry = names.Count is 0 ? entry : throw Missing(path);
                    break;
            }
        }
    }

    private void Follow(string target, Stack<string> names)
    {
        if (target.StartsWith('/'))
        {
            Leave(folders.Count - 1);
        }

        foreach (var name in Names(target))
        {
            names.Push(name);
        }
    }

    private void Enter(TreeFolder folder)
    {
        folders.Add(folder);
        if (folders.Count > TreeWalk.MaxDepth)
        {
            throw TreeWalk.TooDeep();
        }
    }

    private void Leave(int count)
    {
        for (; count > 0; count--)
        {
            folders[^1].Dispose();
            folders.RemoveAt(folders.Count - 1);
        }
    }

    // The last first, as a stack wants them.
    private static IEnumerable<string> Names(string path) => path.Split('/').Where(name => name is not ("" or ".")).Reverse();

    private static ProblemException Missing(string path) => new(ProblemKinds.NotFound, $"the snapshot has no '{path}'");
}
