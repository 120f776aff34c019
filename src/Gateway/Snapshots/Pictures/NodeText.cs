using System.Globalization;
using System.Text;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Snapshots.Pictures;

/// <summary>What a picture says of one snapshot.</summary>
internal static class NodeText
{
    private const int MaxKeyLength = 64;
    private const int MaxImages = 3;

    /// <summary>Key, kind and size.</summary>
    public static string HeadOf(SnapshotView node) =>
        $"{Short(node.Key)}  {GatewayJson.Spell(node.Kind)}{(node.SizeBytes is { } size ? "  " + ByteText.Of(size) : "")}";

    /// <summary>The images that use it; empty where none does.</summary>
    public static string ImagesOf(SnapshotView node) => node.Images is not { Count: > 0 } images ? ""
        : string.Join(", ", images.Take(MaxImages).Select(Plain)) + (images.Count > MaxImages ? $" and {images.Count - MaxImages} more" : "");

    // Digests are told apart by their beginning.
    private static string Short(string key) =>
        key.StartsWith("sha256:", StringComparison.Ordinal) && key.Length > 19 ? Plain(key[..19])
        : key.Length > MaxKeyLength ? Plain(key[..MaxKeyLength]) + "…"
        : Plain(key);

    // Keys and names may hold anything: nothing of it moves a cursor, turns the text round, or breaks XML.
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var isPlain = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            plain.Append(isPlain ? rune.ToString() : "?");
        }

        return plain.ToString();
    }
}
