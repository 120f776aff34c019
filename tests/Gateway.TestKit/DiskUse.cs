using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>What a process has brought to disks and file systems in memory.</summary>
/// <param name="WrittenBytes">To disks since its start, whatever became of it.</param>
/// <param name="StandingBytes">In the folders, and in files that it has open for writing, wherever they are; also those that have no name any more. What is both counts twice.</param>
public sealed record DiskUse(long WrittenBytes, long StandingBytes)
{
    public static DiskUse Of(int process, params string[] folders)
    {
        var written = File.ReadLines($"/proc/{process}/io").Single(line => line.StartsWith("write_bytes: ", StringComparison.Ordinal));
        var named = folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)).Sum(LengthOf);
        var open = Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Sum(OpenLengthOf);
        return new DiskUse(long.Parse(written.Split(' ')[1], CultureInfo.InvariantCulture), named + open);
    }

    // "flags" is octal; its lowest two bits are 0 where a file is only read. A file that has a name is not opened: it may be a pipe, and wait.
    private static long OpenLengthOf(string descriptor)
    {
        try
        {
            var target = File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName ?? "";
            var info = File.ReadAllText(descriptor.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal));
            if (!Regex.IsMatch(info, @"^flags:\s[0-7]*[123567]$", RegexOptions.Multiline) || Regex.IsMatch(target, @"^/(dev|proc)/|:\["))
            {
                return 0;
            }

            if (!target.EndsWith(" (deleted)", StringComparison.Ordinal))
            {
                return LengthOf(target);
            }

            using var handle = File.OpenHandle(descriptor, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return RandomAccess.GetLength(handle);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return 0; // closed meanwhile, or no file
        }
    }

    private static long LengthOf(string file) => new FileInfo(file) is { Exists: true } info ? info.Length : 0;
}
