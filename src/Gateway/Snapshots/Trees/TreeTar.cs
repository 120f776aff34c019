using System.Formats.Tar;

namespace Gateway.Snapshots.Trees;

/// <summary>Writes a folder as a tar: one entry a path, streamed. Extended attributes are left out, hard links are files of their own, sockets are skipped.</summary>
internal static class TreeTar
{
    public static async Task WriteAsync(TreeFolder folder, Stream output, CancellationToken cancel)
    {
        await using var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        foreach (var (path, entry) in TreeWalk.Below(folder))
        {
            await WriteAsync(tar, path, entry, cancel);
        }
    }

    private static async Task WriteAsync(TarWriter tar, string path, TreeEntry entry, CancellationToken cancel)
    {
        var facts = entry.Facts;
        if (TypeOf(facts.Type) is not { } type)
        {
            return;
        }

        using var file = type is TarEntryType.RegularFile ? entry.OpenFile() : null;
        var target = type is TarEntryType.SymbolicLink ? entry.LinkTarget : null;
        if ((type is TarEntryType.RegularFile && file is null) || (type is TarEntryType.SymbolicLink && target is null))
        {
            // Gone since it was seen.
            return;
        }

        await using var bytes = file is null ? null : new MeasuredStream(file, facts.Size);
        var header = new PaxTarEntry(type, type is TarEntryType.Directory ? path + "/" : path)
        {
            Mode = (UnixFileMode)facts.Mode,
            Uid = (int)facts.Uid,
            Gid = (int)facts.Gid,
            ModificationTime = facts.ModifiedAt,
        };
        if (bytes is not null)
        {
            header.DataStream = bytes;
        }

        if (target is not null)
        {
            header.LinkName = target;
        }

        if (type is TarEntryType.CharacterDevice or TarEntryType.BlockDevice)
        {
            (header.DeviceMajor, header.DeviceMinor) = ((int)facts.DeviceMajor, (int)facts.DeviceMinor);
        }

        await tar.WriteEntryAsync(header, cancel);
    }

    private static TarEntryType? TypeOf(FileType type) => type switch
    {
        FileType.File => TarEntryType.RegularFile,
        FileType.Directory => TarEntryType.Directory,
        FileType.Symlink => TarEntryType.SymbolicLink,
        FileType.CharDevice => TarEntryType.CharacterDevice,
        FileType.BlockDevice => TarEntryType.BlockDevice,
        FileType.Fifo => TarEntryType.Fifo,
        _ => null,
    };
}
