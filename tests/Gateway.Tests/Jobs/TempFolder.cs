namespace Gateway.Tests.Jobs;

/// <summary>A folder of the test's own, gone at its end.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gateway-jobs-").FullName;

    public string Database => File("jobs.db");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>What a power cut or a kill at this moment would leave: the files as they are, without the lock.</summary>
    public TempFolder Copy()
    {
        var copy = new TempFolder();
        foreach (var file in Directory.GetFiles(Path).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            System.IO.File.Copy(file, copy.File(System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    /// <summary>Whether the bytes stand in any file of the folder: database, WAL, shared memory, key.</summary>
    public bool Holds(byte[] bytes) => Directory.GetFiles(Path).Any(file => ReadAll(file).AsSpan().IndexOf(bytes) >= 0);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static byte[] ReadAll(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var memory = new MemoryStream();
        file.CopyTo(memory);
        return memory.ToArray();
    }
}
