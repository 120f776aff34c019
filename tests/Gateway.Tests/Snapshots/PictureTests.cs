using System.Xml.Linq;
using Gateway.Snapshots;
using Gateway.Snapshots.Pictures;

namespace Gateway.Tests.Snapshots;

/// <summary>Trees of snapshots as pictures, also of keys that are meant to break them.</summary>
public sealed class PictureTests
{
    private const string Hostile = "<script>&\"';#`\\\u001b[2J\u202e\n]";

    [Fact]
    public void Terminal_shows_branches_sizes_and_images()
    {
        var tree = Node("root", 1500, ["one", "two", "three", "four"], Node("a", 0, [], Node("b", null, [])), Node("c", 7, []));
        Assert.Equal(
            "root  committed  1.5 kB  ← one, two, three and 1 more\n├─ a  committed  0 B\n│  └─ b  committed\n└─ c  committed  7 B\n", TextTree.Draw([tree]));
        Assert.Equal("no snapshots\n", TextTree.Draw([]));
    }

    [Fact]
    public void Nothing_in_a_key_moves_the_cursor() =>
        Assert.DoesNotContain(TextTree.Draw([Node(Hostile, 0, [Hostile])]).TrimEnd('\n'), sign => char.IsControl(sign) || sign is '\u202e');

    [Fact]
    public void Svg_is_well_formed_and_draws_each_node_whatever_its_key()
    {
        var svg = XDocument.Parse(SvgTree.Draw([Node(Hostile, 0, [Hostile], Node("child", 1, []))]));
        Assert.Equal(2, svg.Descendants().Count(element => element.Name.LocalName is "text"));
        Assert.DoesNotContain(svg.Descendants(), element => element.Name.LocalName is "script");
        Assert.Single(svg.Descendants(), element => element.Name.LocalName is "path");
    }

    [Fact]
    public void Mermaid_joins_parents_and_quotes_what_means_something()
    {
        var lines = MermaidTree.Draw([Node(Hostile, 0, [], Node("child", 1, []))]).Split('\n');
        Assert.Equal("flowchart TD", lines[0]);
        Assert.StartsWith("    n0[\"#60;script#62;#38;#34;'#59;#35;#96;#92;?[2J??]", lines[1], StringComparison.Ordinal);
        Assert.Equal("    n0 --> n1", lines[3]);
    }

    [Fact]
    public void Long_key_is_cut() => Assert.Equal(new string('k', 64) + "…  committed", NodeText.HeadOf(Node(new string('k', 65), null, [])));

    private static SnapshotView Node(string key, long? size, string[] images, params SnapshotView[] children) => new()
    {
        Key = key,
        Kind = SnapshotKind.Committed,
        Labels = new Dictionary<string, string>(),
        SizeBytes = size,
        Images = images,
        Children = children,
    };
}
