namespace Gateway.Snapshots.Trees;

/// <summary>
/// What differs between two trees, in the order of paths. Where the one stands on the other's own layers only what lies on top is looked at, so
/// the work follows the change; otherwise, as with copies, both are walked. Memory follows the largest folder and the depth.
/// </summary>
internal sealed class TreeComparison(TreeLayers rightLayers, TreeLayers leftLayers)
{
    // Layers of the right tree that are not the left's.
    private readonly int above = rightLayers.CountAbove(leftLayers);

    private bool IsShared => above < rightLayers.Paths.Count;

    /// <param name="after">Where to begin: only what comes after this path. Null: at the start.</param>
    /// <param name="cancel">Looked at for each path: of trees that are alike nothing comes that the caller could stop at.</param>
    public IEnumerable<TreeChange> Changes(string? after, CancellationToken cancel)
    {
        var levels = new Stack<Level>();
        levels.Push(Begin(TreeFolder.Open(rightLayers), TreeFolder.Open(leftLayers), "/", after?.TrimStart('/')));
        try
        {
            while (levels.TryPeek(out var level))
            {
                cancel.ThrowIfCancellationRequested();
                if (!level.Names.MoveNext())
                {
                    levels.Pop().Dispose();
                    continue;
                }

                var (name, path) = (level.Names.Current, level.Path + level.Names.Current);
                var (right, left) = (level.Right.Find(name), level.Left?.Find(name));
                // What a page before ended with, or within.
                var isSeen = name == level.AfterName;
                if (!isSeen && Compare(path, right, left) is { } change)
                {
                    yield return change;
                }

                if (right?.Facts.Type is FileType.Directory && !IsSame(right, left) && Enter(level, name, left, isSeen) is { } inner)
                {
                    levels.Push(inner);
                    if (levels.Count > TreeWalk.MaxDepth)
                    {
                        throw TreeWalk.TooDeep();
                    }
                }
            }
        }
        finally
        {
            foreach (var level in levels)
            {
                level.Dispose();
            }
        }
    }

    private static TreeChange? Compare(string path, TreeEntry? right, TreeEntry? left) => (right, left) switch
    {
        (null, null) => null,
        (null, not null) => TreeChange.Of(path, ChangeKind.Deleted, left),
        (not null, null) => TreeChange.Of(path, ChangeKind.Added, right),
        _ => IsSame(right, left) || FileComparison.AreEqual(right, left) ? null : TreeChange.Of(path, ChangeKind.Modified, right),
    };

    // The very same file, seen in both trees. Of folders only the top part: what is below may differ.
    private static bool IsSame(TreeEntry right, TreeEntry? left) =>
        right.Facts.Type is not FileType.Directory && right.Facts.Inode == left?.Facts.Inode && right.Facts.Volume == left.Facts.Volume;

    private Level? Enter(Level level, string name, TreeEntry? left, bool isSeen)
    {
        var right = level.Right.OpenFolder(name);
        // Nothing on top of the shared layers: nothing can differ.
        if (right is null || (IsShared && !right.Layers.Any(layer => layer < above)))
        {
            right?.Dispose();
            return null;
        }

        var before = left?.Facts.Type is FileType.Directory ? level.Left!.OpenFolder(name) : null;
        return Begin(right, before, $"{level.Path}{name}/", isSeen ? level.AfterRest : null);
    }

    private Level Begin(TreeFolder right, TreeFolder? left, string path, string? after)
    {
        var level = new Level(right, left, path, after);
        try
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            right.AddNames(names, IsShared ? above : int.MaxValue);
            // Whiteouts name what is gone, but not where a folder hides all that is below.
            if (left is not null && !(IsShared && left.Layers.All(layer => right.Layers.Contains(layer + above))))
            {
                left.AddNames(names, int.MaxValue);
            }

            level.Names = names.Where(name => level.AfterName is null || string.CompareOrdinal(name, level.AfterName) >= 0)
                .Order(StringComparer.Ordinal).ToList().GetEnumerator();
            return level;
        }
        catch
        {
            level.Dispose();
            throw;
        }
    }

    private sealed class Level(TreeFolder right, TreeFolder? left, string path, string? after) : IDisposable
    {
        public TreeFolder Right => right;

        public TreeFolder? Left => left;

        public string Path => path;

        public string? AfterName { get; } = after?.Split('/', 2)[0];

        public string? AfterRest { get; } = after?.Split('/', 2) is [_, var rest] ? rest : null;

        public IEnumerator<string> Names { get; set; } = Enumerable.Empty<string>().GetEnumerator();

        public void Dispose()
        {
            right.Dispose();
            left?.Dispose();
        }
    }
}
