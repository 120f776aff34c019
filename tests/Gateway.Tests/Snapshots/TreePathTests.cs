using System.Text;
using Gateway.Http;
using Gateway.Snapshots.Trees;

namespace Gateway.Tests.Snapshots;

/// <summary>Paths in a tree on disk, found as openat2 finds them with RESOLVE_IN_ROOT. Needs no root.</summary>
public sealed class TreePathTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gateway-tree-").FullName;

    private TreeLayers Tree => new([Path.Combine(folder, "root")], IsOverlay: false, "");

    public TreePathTests()
    {
        Directory.CreateDirectory(Path.Combine(folder, "root", "a", "b"));
        File.WriteAllText(Path.Combine(folder, "outside"), "outside");
        File.WriteAllText(Path.Combine(folder, "root", "a", "file"), "inside");
        File.CreateSymbolicLink(Path.Combine(folder, "root", "up"), "../outside");
        File.CreateSymbolicLink(Path.Combine(folder, "root", "full"), Path.Combine(folder, "outside"));
        File.CreateSymbolicLink(Path.Combine(folder, "root", "a", "b", "absolute"), "/a/file");
        File.CreateSymbolicLink(Path.Combine(folder, "root", "loop"), "loop");
        for (var i = 0; i < 41; i++)
        {
            File.CreateSymbolicLink(Path.Combine(folder, "root", $"hop{i}"), i is 0 ? "a/file" : $"hop{i - 1}");
        }
    }

    [Theory]
    [InlineData("a/file")]
    [InlineData("//a//./file")]
    [InlineData("../../a/../a/file")]
    [InlineData("a/b/absolute")]
    [InlineData("a/b/../file")]
    [InlineData("hop39")]
    public void Path_within_is_found(string path)
    {
        using var found = TreePath.Find(Tree, path);
        using var file = found.Entry!.OpenFile()!;
        var bytes = new byte[16];
        Assert.Equal("inside", Encoding.ASCII.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0)));
    }

    [Theory]
    [InlineData("up", "not_found")]
    [InlineData("full", "not_found")]
    [InlineData("../outside", "not_found")]
    [InlineData("a/file/..", "not_found")]
    [InlineData("absent/../a/file", "not_found")]
    [InlineData("loop", "file_not_readable")]
    [InlineData("hop40", "file_not_readable")]
    [InlineData("a\0b", "invalid_request")]
    public void Path_that_leads_out_or_nowhere_is_refused(string path, string code) =>
        Assert.Equal(code, Assert.Throws<ProblemException>(() => TreePath.Find(Tree, path).Dispose()).Kind.Code);

    [Fact]
    public void Nesting_has_a_bound()
    {
        var deep = string.Join('/', Enumerable.Repeat("d", TreeWalk.MaxDepth + 1));
        Directory.CreateDirectory(Path.Combine(folder, "root", deep));
        Assert.Equal("tree_too_large", Assert.Throws<ProblemException>(() => TreePath.Find(Tree, deep).Dispose()).Kind.Code);
        using var root = TreeFolder.Open(Tree);
        Assert.Equal("tree_too_large", Assert.Throws<ProblemException>(() => TreeWalk.Below(root).Count()).Kind.Code);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
