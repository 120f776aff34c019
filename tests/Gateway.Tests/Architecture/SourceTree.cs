namespace Gateway.Tests.Architecture;

/// <summary>The repository this test was built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file under src that people write.</summary>
    public static IReadOnlyList<SourceFile> Sources { get; } =
        [.. Files("*.cs").Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(Root, path))))];

    /// <summary>Every project file under src, by path.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } =
        Files("*.csproj").ToDictionary(path => path, path => File.ReadAllText(Path.Combine(Root, path)), StringComparer.Ordinal);

    private static IEnumerable<string> Files(string pattern) => Directory
        .EnumerateFiles(Path.Combine(Root, "src"), pattern, SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Where(path => !path.Split('/').Any(folder => folder is "bin" or "obj"))
        .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Gateway.sln above {AppContext.BaseDirectory}");
    }
}
