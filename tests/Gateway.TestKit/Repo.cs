namespace Gateway.TestKit;

/// <summary>Where things are.</summary>
public static class Repo
{
    public static string Root { get; } = FindRoot();

    /// <summary>Folder of unpacked packages that tests/install.sh fills.</summary>
    public static string Cache { get; } = Environment.GetEnvironmentVariable("GATEWAY_TEST_CACHE") ?? Path.Combine(Root, ".cache");

    /// <summary>A new folder below TMPDIR, where the test run looks for what was left.</summary>
    public static string NewFolder(string purpose) => Directory.CreateTempSubdirectory($"gateway-{purpose}-").FullName;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder.FullName;
    }
}
