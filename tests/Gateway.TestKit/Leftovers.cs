namespace Gateway.TestKit;

/// <summary>What a daemon leaves when it is killed: shims, which are meant to outlive it, and mounts.</summary>
internal static class Leftovers
{
    /// <summary>Command lines that name the address, each as one text.</summary>
    public static IEnumerable<string> CommandLines(string address) => Directory.EnumerateDirectories("/proc")
        .Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])).Select(CommandLine).Where(line => line.Contains(address, StringComparison.Ordinal));

    /// <summary>Ends every process whose command line names the address, as each shim's does.</summary>
    public static async Task EndProcessesAsync(string address)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            if (CommandLine(folder).Contains(address, StringComparison.Ordinal))
            {
                await ChildProcess.TryRunAsync("kill", "-KILL", Path.GetFileName(folder));
            }
        }
    }

    /// <summary>Unmounts everything at or below the folder, the deepest first.</summary>
    public static async Task UnmountAsync(string folder)
    {
        var mounts = (await File.ReadAllLinesAsync("/proc/self/mounts")).Select(line => line.Split(' ')[1])
            .Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal));
        foreach (var path in mounts.Reverse())
        {
            await ChildProcess.TryRunAsync("umount", "-l", path);
        }
    }

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (IOException)
        {
            return ""; // it ended meanwhile
        }
    }
}
