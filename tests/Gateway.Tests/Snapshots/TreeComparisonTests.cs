using Gateway.Snapshots.Trees;
using Gateway.TestKit;

namespace Gateway.Tests.Snapshots;

public sealed class TreeComparisonTests : IDisposable
{
    private readonly string folder = Repo.NewFolder("trees");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Trees_that_are_alike_are_left_when_nobody_waits_any_more()
    {
        var (right, left) = (Tree("right"), Tree("left"));
        Assert.Empty(new TreeComparison(right, left).Changes(after: null, CancellationToken.None));
        Assert.Throws<OperationCanceledException>(() => new TreeComparison(right, left).Changes(after: null, new CancellationToken(canceled: true)).ToArray());
    }

    // A copy of the same files, as the native snapshotter's are.
    private TreeLayers Tree(string name)
    {
        var root = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        var file = Path.Combine(root, "file");
        File.WriteAllText(file, "alike");
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        return new TreeLayers([root], IsOverlay: false, "trusted.overlay.");
    }
}
