using System.Security;
using System.Text;

namespace Gateway.Snapshots.Pictures;

/// <summary>Draws the trees as an SVG picture: a row for each snapshot, joined to its parent by a line.</summary>
internal static class SvgTree
{
    public const string MediaType = "image/svg+xml";

    // In pixels.
    private const int RowHeight = 26;
    private const int Indent = 22;
    private const int Margin = 16;
    private const int TextWidth = 900;

    public static string Draw(IReadOnlyList<SnapshotView> roots)
    {
        var body = new StringBuilder();
        var (row, depth) = (0, 0);
        foreach (var root in roots)
        {
            Append(body, root, level: 0, parentRow: null, ref row, ref depth);
        }

        var (width, height) = ((depth * Indent) + TextWidth + (2 * Margin), (Math.Max(row, 1) * RowHeight) + (2 * Margin));
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="Snapshots">
            <style>text {"{"} font: 13px ui-monospace, monospace; fill: #1f2328 {"}"} .images {"{"} fill: #57606a {"}"} path {"{"} stroke: #8c959f; fill: none {"}"} .committed {"{"} fill: #0969da {"}"} .active {"{"} fill: #1a7f37 {"}"} .view {"{"} fill: #9a6700 {"}"}</style>
            <rect width="100%" height="100%" fill="#ffffff"/>
            {body}</svg>

            """;
    }

    private static void Append(StringBuilder body, SnapshotView node, int level, int? parentRow, ref int row, ref int depth)
    {
        var own = row++;
        depth = Math.Max(depth, level);
        var (x, y) = (Margin + (level * Indent), Margin + (own * RowHeight) + (RowHeight / 2));
        if (parentRow is { } above)
        {
            body.Append($"<path d=\"M{x - Indent} {Margin + (above * RowHeight) + (RowHeight / 2)} V{y} H{x}\"/>\n");
        }

        var images = NodeText.ImagesOf(node);
        body.Append($"<circle cx=\"{x}\" cy=\"{y}\" r=\"5\" class=\"{Http.GatewayJson.Spell(node.Kind)}\"/>")
            .Append($"<text x=\"{x + 12}\" y=\"{y + 4}\">{SecurityElement.Escape(NodeText.HeadOf(node))}")
            .Append(images.Length is 0 ? "" : $" <tspan class=\"images\">{SecurityElement.Escape(images)}</tspan>").Append("</text>\n");
        foreach (var child in node.Children ?? [])
        {
            Append(body, child, level + 1, own, ref row, ref depth);
        }
    }
}
