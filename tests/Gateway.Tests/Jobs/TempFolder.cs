namespace Gateway.Tests.Jobs;

/// <summary>A folder of the test's own, gone at its end.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gateway-jobs-").FullName;

    public string Database => File("jobs.db");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// What a kill at this moment would leave: the files as they are, without the lock. Another process copies them, since closing a file here would
    /// free the locks that SQLite holds on it in this process.
    /// </summary>
    public TempFolder Copy()
    {
        var copy = new TempFolder();
        var files = Directory.GetFiles(Path).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal));
        using var cp = System.Diagnostics.Process.Start("cp", [.. files, copy.Path]);
        cp.WaitForExit();
        Assert.Equal(0, cp.ExitCode);
        return copy;
    }

    /// <summary>Whether the bytes stand in any file of the folder: database, WAL, shared memory, key.</summary>
    public bool Holds(byte[] bytes)
    {
        using var copy = Copy();
        return Directory.GetFiles(copy.Path).Any(file => System.IO.File.ReadAllBytes(file).AsSpan().IndexOf(bytes) >= 0);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
