using System.Globalization;

namespace Gateway.Audit;

/// <summary>The files of the audit: the one that is written, and beside it <c>.1</c>, <c>.2</c> and so on, from the newest to the oldest.</summary>
internal static class AuditFiles
{
    /// <summary>Those that are there, oldest first.</summary>
    public static IReadOnlyList<string> OldestFirst(string path)
    {
        var aside = Aside(path).OrderDescending().Select(number => NameOf(path, number));
        return [.. File.Exists(path) ? aside.Append(path) : aside];
    }

    /// <summary>The number of the oldest; 0 where none was put aside.</summary>
    public static int Oldest(string path) => Aside(path).DefaultIfEmpty(0).Max();

    /// <summary>The file itself under 0.</summary>
    public static string NameOf(string path, int number) => number is 0 ? path : $"{path}.{number.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Puts the file aside. One that was interrupted leaves a gap in the numbers, which the next closes.</summary>
    public static void Shift(string path, int keep)
    {
        foreach (var number in Aside(path).Where(number => number >= keep))
        {
            File.Delete(NameOf(path, number));
        }

        for (var number = keep - 1; number >= 0; number--)
        {
            if (Path.Exists(NameOf(path, number)))
            {
                File.Move(NameOf(path, number), NameOf(path, number + 1));
            }
        }
    }

    private static IEnumerable<int> Aside(string path) => Directory.EnumerateFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*")
        .Select(file => file.Length > path.Length && int.TryParse(file.AsSpan(path.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && string.Equals(file, NameOf(path, number), StringComparison.Ordinal) ? number : 0)
        .Where(number => number > 0);
}
