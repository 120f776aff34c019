namespace Gateway.Snapshots.Trees;

/// <summary>What became of a path.</summary>
internal enum ChangeKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>A path that differs between two snapshots.</summary>
/// <param name="Path">The path. Bytes of a name that are not UTF-8 stand as U+F780 to U+F7FF.</param>
/// <param name="Change">Whether it was added, modified or deleted. A deleted folder is one row, whatever was in it.</param>
/// <param name="Type">What it is; of a deleted path what it was, as with the rest.</param>
/// <param name="SizeBytes">Bytes of a regular file.</param>
/// <param name="Mode">Permission bits, four octal digits.</param>
/// <param name="LinkTarget">What a symbolic link says.</param>
internal sealed record TreeChange(string Path, ChangeKind Change, FileType Type, long? SizeBytes, string Mode, string? LinkTarget)
{
    public static TreeChange Of(string path, ChangeKind change, TreeEntry entry) =>
        new(path, change, entry.Facts.Type, entry.Facts.SizeBytes, entry.Facts.ModeText, entry.LinkTarget);
}
