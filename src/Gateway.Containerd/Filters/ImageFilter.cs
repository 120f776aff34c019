using Gateway.Containerd.Services.Images;

namespace Gateway.Containerd.Filters;

/// <summary>A filter of image records: any of several filters, each of which is selectors that must all match.</summary>
/// <remarks>
/// The fields are those of metadata/adaptors.go in containerd: <c>name</c>, <c>target.digest</c>, <c>target.mediatype</c>, <c>labels.K</c> and
/// <c>annotations.K</c>, the target's. containerd lets any other path, and an expression it cannot compile, match nothing: here they are refused.
/// </remarks>
public sealed class ImageFilter
{
    private readonly IReadOnlyList<IReadOnlyList<Selector>> alternatives;

    private ImageFilter(IReadOnlyList<string> texts, IReadOnlyList<IReadOnlyList<Selector>> alternatives) => (Texts, this.alternatives) = (texts, alternatives);

    /// <summary>The filters as containerd takes them.</summary>
    public IReadOnlyList<string> Texts { get; }

    /// <summary>Whether there is no condition.</summary>
    public bool MatchesAll => alternatives.Count is 0;

    /// <summary>Whether <see cref="Matches"/> can tell: some regular expressions only containerd's own engine matches exactly as containerd does.</summary>
    public bool IsLocal => alternatives.All(selectors => selectors.All(selector => selector.Pattern?.IsLocal is not false));

    /// <summary>Reads filters, or throws a <see cref="FilterException"/>.</summary>
    public static ImageFilter Parse(IReadOnlyList<string> filters) => new(filters, [.. filters.Select(filter => Checked(FilterParser.Parse(filter)))]);

    /// <summary>Whether the record is one that is looked for.</summary>
    public bool Matches(Image image) =>
        alternatives.Count is 0 || alternatives.Any(selectors => selectors.All(selector => selector.Matches(FieldOf(image, selector.Path))));

    private static IReadOnlyList<Selector> Checked(IReadOnlyList<Selector> selectors) =>
        selectors.FirstOrDefault(selector => !IsField(selector.Path)) is { } unknown
            ? throw new FilterException(unknown.Position, $"images have no field '{string.Join('.', unknown.Path)}': the fields are name, target.digest, target.mediatype, labels.KEY and annotations.KEY")
            : selectors;

    private static bool IsField(IReadOnlyList<string> path) => path is ["name"] or ["target", "digest" or "mediatype"] or ["labels" or "annotations", _, ..];

    private static (string Value, bool IsPresent) FieldOf(Image image, IReadOnlyList<string> path) => path switch
    {
        ["name"] => Text(image.Name),
        ["target", "digest"] => Text(image.Target.Digest),
        ["target", _] => Text(image.Target.MediaType),
        ["labels", ..] => Entry(image.Labels, path),
        _ => Entry(image.Target.Annotations, path),
    };

    private static (string Value, bool IsPresent) Text(string value) => (value, value.Length > 0);

    // A key's dots may be written as the path's: labels.a.b is labels."a.b".
    private static (string Value, bool IsPresent) Entry(Google.Protobuf.Collections.MapField<string, string> map, IReadOnlyList<string> path) =>
        map.TryGetValue(string.Join('.', path.Skip(1)), out var value) ? (value, true) : ("", false);
}
