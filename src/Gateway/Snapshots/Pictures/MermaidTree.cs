using System.Text;

namespace Gateway.Snapshots.Pictures;

/// <summary>Writes the trees as a Mermaid flowchart.</summary>
internal static class MermaidTree
{
    public const string MediaType = "text/vnd.mermaid";

    public static string Draw(IReadOnlyList<SnapshotView> roots)
    {
        var text = new StringBuilder("flowchart TD\n");
        var count = 0;
        foreach (var root in roots)
        {
            Append(text, root, parent: null, ref count);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, SnapshotView node, int? parent, ref int count)
    {
        var id = count++;
        var images = NodeText.ImagesOf(node);
        text.Append($"    n{id}[\"{Quoted(NodeText.HeadOf(node))}{(images.Length is 0 ? "" : "<br/>" + Quoted(images))}\"]\n");
        if (parent is not null)
        {
            text.Append($"    n{parent} --> n{id}\n");
        }

        foreach (var child in node.Children ?? [])
        {
            Append(text, child, id, ref count);
        }
    }

    // Mermaid's own way: #<code point>; for what means something to it or to HTML.
    private static string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = c is '"' or '<' or '>' or '&' or '#' or ';' or '`' or '\\' ? quoted.Append($"#{(int)c};") : quoted.Append(c);
        }

        return quoted.ToString();
    }
}
