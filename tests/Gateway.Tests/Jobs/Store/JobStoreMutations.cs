using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Tests.Jobs.Store;

/// <summary>What a disk, a crash or a person can do to the files of a store.</summary>
[SupportedOSPlatform("linux")]
internal static class JobStoreMutations
{
    private const int Sector = 512;

    /// <summary>Each with its share of a hundred. Those that touch the WAL may lose transactions of its end.</summary>
    private static readonly (int Share, string Name, bool MayLoseTail, Action<TempFolder, Random> Apply)[] All =
    [
        (10, "main file cut", false, (folder, random) => Cut(folder.Database, random)),
        (8, "WAL cut", true, (folder, random) => Cut(Wal(folder), random)),
        (4, "WAL with a torn tail", true, (folder, random) => Overwrite(Wal(folder), random, (int)Math.Min(4096, random.NextInt64(1, Length(Wal(folder)))), atEnd: true)),
        (20, "sector of the main file zeroed", false, (folder, random) => ZeroSector(folder.Database, random)),
        (7, "sector of the WAL zeroed", true, (folder, random) => ZeroSector(Wal(folder), random)),
        (22, "byte of the main file flipped", false, (folder, random) => Flip(folder.Database, random, 1)),
        (8, "bytes of the main file flipped", false, (folder, random) => Flip(folder.Database, random, random.Next(2, 20))),
        (7, "byte of the WAL flipped", true, (folder, random) => Flip(Wal(folder), random, 1)),
        (2, "WAL gone", true, (folder, _) => File.Delete(Wal(folder))),
        (3, "main file emptied", false, (folder, _) => File.WriteAllBytes(folder.Database, [])),
        (2, "main file gone", false, (folder, _) => File.Delete(folder.Database)),
        (3, "main file of another kind", false, (folder, random) => File.WriteAllBytes(folder.Database, OtherKind(random))),
        (2, "main file read-only", false, (folder, _) => File.SetUnixFileMode(folder.Database, UnixFileMode.UserRead)),
        (2, "folder read-only", false, (folder, _) => File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute)),
    ];

    public static (string Name, bool MayLoseTail) Apply(TempFolder folder, Random random)
    {
        var which = random.Next(All.Sum(mutation => mutation.Share));
        var (_, name, mayLoseTail, apply) = All.First(mutation => (which -= mutation.Share) < 0);
        apply(folder, random);
        return (name, mayLoseTail);
    }

    private static string Wal(TempFolder folder) => $"{folder.Database}-wal";

    private static long Length(string path) => new FileInfo(path).Length;

    private static void Cut(string path, Random random)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(random.NextInt64(1, file.Length));
    }

    private static void ZeroSector(string path, Random random)
    {
        using var file = File.OpenWrite(path);
        file.Position = random.NextInt64(file.Length / Sector) * Sector;
        file.Write(new byte[Sector]);
    }

    private static void Flip(string path, Random random, int count)
    {
        var bytes = File.ReadAllBytes(path);
        for (var i = 0; i < count; i++)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
        }

        File.WriteAllBytes(path, bytes);
    }

    private static void Overwrite(string path, Random random, int count, bool atEnd)
    {
        var garbage = new byte[count];
        random.NextBytes(garbage);
        using var file = File.OpenWrite(path);
        file.Position = atEnd ? file.Length - count : 0;
        file.Write(garbage);
    }

    private static byte[] OtherKind(Random random) => random.Next(3) switch
    {
        0 => RandomNumberGenerator.GetBytes(random.Next(1, 50_000)),
        1 => Encoding.UTF8.GetBytes("""{"this": "is not a database"}"""),
        _ => "SQLite format 3\0"u8.ToArray(),
    };
}
