using System.Text.Json.Nodes;
using CsCheck;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>Makes JSON that a schema allows, of names that are known.</summary>
internal sealed class SchemaGen(ApiDocument document, KnownNames names)
{
    private const int OptionalPercent = 40;

    public JsonNode? Make(JsonObject schema, string name, Dice dice)
    {
        schema = document.Resolve(schema);
        if (schema["enum"] is JsonArray values)
        {
            return values[dice.Below(values.Count)]!.DeepClone();
        }

        return TypeOf(schema) switch
        {
            "object" when schema["properties"] is JsonObject properties => MakeObject(schema, properties, dice),
            "object" => new JsonObject(Enumerable.Range(0, dice.Below(3)).Select(number => KeyValuePair.Create($"k{number}", (JsonNode?)dice.Of(names.Of("label"))))),
            "array" => new JsonArray([.. Enumerable.Range(0, dice.Below(3)).Select(_ => Make(schema["items"]!.AsObject(), name, dice))]),
            "boolean" => dice.Percent(50),
            "integer" => dice.Below(50),
            _ => dice.Of(names.Of(name)),
        };
    }

    private JsonObject MakeObject(JsonObject schema, JsonObject properties, Dice dice)
    {
        var required = schema["required"]?.AsArray().Select(field => (string)field!).ToHashSet() ?? [];
        var made = new JsonObject();
        foreach (var (field, value) in properties)
        {
            if (required.Contains(field) || dice.Percent(OptionalPercent))
            {
                made[field] = Make(value!.AsObject(), field, dice);
            }
        }

        return made;
    }

    private static string TypeOf(JsonObject schema) => schema["type"] switch
    {
        JsonArray types => types.Select(type => (string)type!).First(type => type is not "null"),
        { } type => (string)type!,
        null => "string",
    };
}
