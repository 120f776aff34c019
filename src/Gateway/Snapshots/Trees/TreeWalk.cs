using Gateway.Http;

namespace Gateway.Snapshots.Trees;

/// <summary>Walks a tree in the order of its paths, a folder before what is in it. Memory follows the largest folder and the depth.</summary>
internal static class TreeWalk
{
    /// <summary>Deepest nesting of folders: each level holds some open.</summary>
    public const int MaxDepth = 256;

    public static ProblemException TooDeep() => new(ProblemKinds.TreeTooLarge, $"folders nest deeper than {MaxDepth} levels");

    /// <summary>Everything below a folder, with its path from there. The entry is of use until the next is asked for.</summary>
    public static IEnumerable<(string Path, TreeEntry Entry)> Below(TreeFolder folder)
    {
        var levels = new Stack<(TreeFolder Folder, string Path, IEnumerator<string> Names)>();
        levels.Push((folder, "", Names(folder)));
        try
        {
            while (levels.TryPeek(out var level))
            {
                if (!level.Names.MoveNext())
                {
                    Close(levels.Pop().Folder);
                    continue;
                }

                var name = level.Names.Current;
                if (level.Folder.Find(name) is not { } entry)
                {
                    continue;
                }

                yield return (level.Path + name, entry);
                if (entry.Facts.Type is FileType.Directory && level.Folder.OpenFolder(name) is { } child)
                {
                    levels.Push((child, $"{level.Path}{name}/", Names(child)));
                    if (levels.Count > MaxDepth)
                    {
                        throw TooDeep();
                    }
                }
            }
        }
        finally
        {
            foreach (var level in levels)
            {
                Close(level.Folder);
            }
        }

        void Close(TreeFolder done)
        {
            if (done != folder)
            {
                done.Dispose();
            }
        }
    }

    private static IEnumerator<string> Names(TreeFolder folder) => ((IEnumerable<string>)folder.Names()).GetEnumerator();
}
