using Gateway.Containerd.Types;
using Gateway.Http;
using Gateway.Snapshots.Trees;

namespace Gateway.Tests.Snapshots;

/// <summary>Mounts as folders laid over one another.</summary>
public sealed class TreeLayersTests
{
    [Fact]
    public void Overlay_is_its_upper_folder_over_its_lower_ones()
    {
        var layers = TreeLayers.From([Overlay("index=off", "workdir=/w", "upperdir=/3", "lowerdir=/2:/1", "userxattr")]);
        Assert.Equal(["/3", "/2", "/1"], layers.Paths);
        Assert.Equal((true, "user.overlay."), (layers.IsOverlay, layers.AttributePrefix));
    }

    [Fact]
    public void Backslash_keeps_a_colon_in_a_name() =>
        Assert.Equal(["/up:per", "/a:b", "/c\\d"], TreeLayers.From([Overlay(@"upperdir=/up\:per", @"lowerdir=/a\:b:/c\\d", "userxattr")]).Paths);

    [Fact]
    public void Bind_is_one_folder_and_no_mount_is_none()
    {
        Assert.Equal(["/x"], TreeLayers.From([new Mount { Type = "bind", Source = "/x" }]).Paths);
        Assert.Empty(TreeLayers.From([]).Paths);
    }

    [Theory]
    [InlineData("btrfs")]
    [InlineData("erofs")]
    [InlineData("ext4")]
    public void Other_file_systems_are_told_as_not_readable(string type)
    {
        var refused = Assert.Throws<ProblemException>(() => TreeLayers.From([new Mount { Type = type, Source = "/dev/x" }]));
        Assert.Equal(ProblemKinds.SnapshotNotReadable, refused.Kind);
        Assert.Contains(type, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/dev/x", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/3:/2:/1", "/2:/1", 1)]
    [InlineData("/3:/2:/1", "/1", 2)]
    [InlineData("/3:/2:/1", "/3:/2:/1", 0)]
    [InlineData("/copy", "/other", 1)]
    [InlineData("/3:/2", "/3", 2)]
    [InlineData("/1", "/2:/1", 1)]
    public void Layers_above_another_trees_are_counted_where_those_lie_below(string right, string left, int above) =>
        Assert.Equal(above, Of(right).CountAbove(Of(left)));

    [Fact]
    public void Folder_that_is_not_on_this_host_is_told_without_its_path()
    {
        var refused = Assert.Throws<ProblemException>(() => TreeFolder.Open(new TreeLayers(["/nonexistent/secret"], false, "")));
        Assert.Equal((501, false), (refused.Kind.Status, refused.Message.Contains("secret", StringComparison.Ordinal)));
    }

    private static TreeLayers Of(string paths) => new(paths.Split(':'), IsOverlay: true, "");

    private static Mount Overlay(params string[] options) => new() { Type = "overlay", Source = "overlay", Options = { options } };
}
