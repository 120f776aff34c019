using System.Text;

namespace Gateway.Snapshots.Pictures;

/// <summary>Draws the trees for a terminal.</summary>
internal static class TextTree
{
    public const string MediaType = "text/plain";

    public static string Draw(IReadOnlyList<SnapshotView> roots)
    {
        var text = new StringBuilder();
        foreach (var root in roots)
        {
            Append(text, root, "", "", "");
        }

        return text.Length is 0 ? "no snapshots\n" : text.ToString();
    }

    private static void Append(StringBuilder text, SnapshotView node, string indent, string branch, string below)
    {
        var images = NodeText.ImagesOf(node);
        text.Append(indent).Append(branch).Append(NodeText.HeadOf(node)).Append(images.Length is 0 ? "" : "  ← " + images).Append('\n');
        var children = node.Children ?? [];
        for (var i = 0; i < children.Count; i++)
        {
            var isLast = i == children.Count - 1;
            Append(text, children[i], indent + below, isLast ? "└─ " : "├─ ", isLast ? "   " : "│  ");
        }
    }
}
