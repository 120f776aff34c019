using System.Runtime.InteropServices;

namespace Gateway.Snapshots.Trees;

/// <summary>What a path is.</summary>
internal enum FileType
{
    File,
    Directory,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
    Socket,
}

/// <summary>What the file system says of a file.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FileFacts(
    FileType Type, int Mode, uint Uid, uint Gid, long Size, long ModifiedSeconds, uint ModifiedNanoseconds,
    uint DeviceMajor, uint DeviceMinor, ulong Inode, ulong Volume)
{
    /// <summary>How overlayfs writes that what is below is gone.</summary>
    public bool IsWhiteout => this is { Type: FileType.CharDevice, DeviceMajor: 0, DeviceMinor: 0 };

    /// <summary>Permission bits as people write them: four octal digits.</summary>
    public string ModeText => Convert.ToString(Mode, 8).PadLeft(4, '0');

    /// <summary>Bytes of a regular file; of anything else none.</summary>
    public long? SizeBytes => Type is FileType.File ? Size : null;

    /// <summary>Within what .NET can tell: a stranger's archive may say anything.</summary>
    public DateTimeOffset ModifiedAt => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(ModifiedSeconds, 0, 253_402_300_799)).AddTicks(ModifiedNanoseconds / 100);

    public static FileFacts From(StatxBuffer facts) => new(
        (facts.Mode & 0xf000) switch
        {
            0x4000 => FileType.Directory,
            0xa000 => FileType.Symlink,
            0x2000 => FileType.CharDevice,
            0x6000 => FileType.BlockDevice,
            0x1000 => FileType.Fifo,
            0xc000 => FileType.Socket,
            _ => FileType.File,
        },
        facts.Mode & 0xfff, facts.Uid, facts.Gid, (long)facts.Size, facts.ModifiedSeconds, facts.ModifiedNanoseconds,
        facts.DeviceMajor, facts.DeviceMinor, facts.Inode, ((ulong)facts.VolumeMajor << 32) | facts.VolumeMinor);
}
