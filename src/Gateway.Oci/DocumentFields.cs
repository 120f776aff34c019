using System.Text.Json;

namespace Gateway.Oci;

/// <summary>The fields of one JSON object that a spec names, read strictly. Fields it does not name are passed over: images have many.</summary>
/// <remarks>
/// containerd and Docker are Go, which takes <c>Layers</c> for <c>layers</c> and the last of several spellings. What the two would read
/// differently is refused, or else a document could be one image here and another there. A JSON null is an absent field, as in Go.
/// </remarks>
internal sealed class DocumentFields
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly string document;
    private readonly string path;

    /// <param name="document">What is read, for messages: <c>manifest</c>, <c>index</c>, <c>image config</c>.</param>
    /// <param name="path">Where the object stands in it, for messages: empty, or <c>layers[3].</c> with its dot.</param>
    /// <param name="names">The spec's fields.</param>
    /// <param name="anyCase">Whether to read other spellings as Go does, where people write by hand; two spellings are refused even so.</param>
    public DocumentFields(JsonElement element, string document, string path, IReadOnlyList<string> names, bool anyCase = false)
    {
        (this.document, this.path) = (document, path);
        if (element.ValueKind is not JsonValueKind.Object)
        {
            throw Refusal($"{(path.Length is 0 ? "it" : path.TrimEnd('.'))} is not a JSON object");
        }

        foreach (var property in element.EnumerateObject())
        {
            var name = property.Name;
            if (names.FirstOrDefault(known => GoNames.AreOne(known, name)) is { } field
                && ((!anyCase && !string.Equals(field, name, StringComparison.Ordinal)) || !fields.TryAdd(field, property.Value)))
            {
                throw Invalid(field, "is there in another spelling");
            }
        }
    }

    /// <summary>Whether the field is there, a null included.</summary>
    public bool Has(string name) => fields.ContainsKey(name);

    /// <summary>The field's value, or null where it is absent.</summary>
    public JsonElement? Value(string name) =>
        fields.TryGetValue(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    public string? Text(string name) => Value(name) is { } value ? TextOf(value, name) : null;

    public bool Flag(string name) => Value(name)?.ValueKind switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Invalid(name, "is not true or false"),
    };

    public long? Number(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) => number,
        _ => throw Invalid(name, "is not a whole number"),
    };

    public Digest RequiredDigest(string name) => DigestOf(Text(name), name);

    /// <summary>A media type; the empty text is absent where the field is optional.</summary>
    public string? MediaType(string name) => Text(name) switch
    {
        null or "" => null,
        var text when MediaTypes.IsWellFormed(text) => text,
        _ => throw Invalid(name, "is not a media type"),
    };

    /// <summary>A time as Go reads it: RFC 3339 with its offset, never local time.</summary>
    public DateTimeOffset? Time(string name) => Value(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value when GoNames.HasOffset(TextOf(value, name)) && value.TryGetDateTimeOffset(out var time) => time,
        _ => throw Invalid(name, "is not an RFC 3339 time"),
    };

    public IReadOnlyList<string> Texts(string name, int most) => List(name, most, TextOf);

    public IReadOnlyList<Digest> Digests(string name, int most) => List(name, most, (element, at) => DigestOf(TextOf(element, at), at));

    /// <summary>The array's elements, each read with its place for messages; empty where the field is absent.</summary>
    public IReadOnlyList<T> List<T>(string name, int most, Func<JsonElement, string, T> read)
    {
        if (Value(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind is not JsonValueKind.Array)
        {
            throw Invalid(name, "is not an array");
        }

        return value.GetArrayLength() <= most
            ? value.EnumerateArray().Select((element, index) => read(element, $"{name}[{index}]")).ToArray()
            : throw TooMany(name, most);
    }

    /// <summary>The names in an object that is used as a set; empty where the field is absent.</summary>
    public IReadOnlyList<string> Names(string name, int most)
    {
        var names = Members(name).Take(most + 1).Select(member => member.Name).ToArray();
        return names.Length <= most ? names : throw TooMany(name, most);
    }

    /// <summary>Annotations or labels within their limits; null where the field is absent.</summary>
    public IReadOnlyDictionary<string, string>? Map(string name)
    {
        if (Value(name) is null)
        {
            return null;
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in Members(name))
        {
            // A null value is the empty text to Go.
            var (key, value) = (member.Name, member.Value.ValueKind is JsonValueKind.Null ? "" : TextOf(member.Value, name));
            map[key] = key.Length <= DocumentLimits.MaxAnnotationNameLength && value.Length <= DocumentLimits.MaxAnnotationValueLength
                    && map.Count < DocumentLimits.MaxAnnotations
                ? value
                : throw Invalid(name, $"has more than {DocumentLimits.MaxAnnotations} entries, or one that is too long");
        }

        return map;
    }

    /// <summary>The object in the field; null where it is absent.</summary>
    public DocumentFields? Object(string name, IReadOnlyList<string> names, bool anyCase = false) =>
        Value(name) is { } value ? At(value, name, names, anyCase) : null;

    /// <summary>The object that stands at this place below this one.</summary>
    public DocumentFields At(JsonElement element, string at, IReadOnlyList<string> names, bool anyCase = false) =>
        new(element, document, $"{path}{at}.", names, anyCase);

    /// <summary>The fault of a field.</summary>
    public OciException Invalid(string name, string problem) => Refusal($"{path}{name} {problem}");

    private JsonElement.ObjectEnumerator Members(string name) => Value(name) switch
    {
        null => default,
        { ValueKind: JsonValueKind.Object } value => value.EnumerateObject(),
        _ => throw Invalid(name, "is not an object"),
    };

    private OciException TooMany(string name, int most) => Invalid(name, $"has too many elements; at most {most} are accepted");

    private Digest DigestOf(string? text, string name) => Digest.TryParse(text, out var digest) ? digest : throw Invalid(name, "is not a digest");

    private string TextOf(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.String ? element.GetString()! : throw Invalid(name, "is not text");

    private OciException Refusal(string problem) => new(OciFault.ManifestInvalid, $"the {document} cannot be accepted: {problem}");
}
