using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>Spoils a JSON body: its values, its fields, its text, its bytes.</summary>
internal static class JsonMutation
{
    private static readonly string[] Odd = ["null", "true", "0", "-1", "1.5", "1e999", "9223372036854775808", "[]", "{}", "\"\"", "[null]", "{\"a\":null}", "\"\\ud800\"", "\"\\u0000\""];

    public static byte[] Spoil(JsonNode? valid, Dice dice)
    {
        var body = valid?.DeepClone();
        for (var times = dice.Below(3); times > 0; times--)
        {
            SpoilValue(body, dice);
        }

        var text = body?.ToJsonString() ?? "null";
        return dice.Percent(30) ? SpoilText(text, dice) : Encoding.UTF8.GetBytes(text);
    }

    private static void SpoilValue(JsonNode? root, Dice dice)
    {
        if (root is not JsonObject top)
        {
            return;
        }

        // Anywhere below: the deeper the rarer.
        JsonNode place = top;
        while (dice.Percent(40) && Children(place).Where(child => child is JsonObject or JsonArray).ToArray() is { Length: > 0 } deeper)
        {
            place = dice.Pick(deeper)!;
        }

        if (place is JsonObject fields)
        {
            SpoilFields(fields, dice);
        }
        else if (place is JsonArray { Count: > 0 } list)
        {
            list[dice.Below(list.Count)] = Value(dice);
        }
        else
        {
            ((JsonArray)place).Add(Value(dice));
        }
    }

    private static void SpoilFields(JsonObject fields, Dice dice)
    {
        var known = fields.Select(field => field.Key).Where(key => !KnownNames.MustBeKnown(key)).ToArray();
        switch (dice.Below(5))
        {
            case 0 when known.Length > 0:
                fields.Remove(dice.Pick(known));
                break;
            case 1:
                fields[dice.Of(OddTexts.Any)] = Value(dice);
                break;
            case 2 when known.Length > 0:
                var key = dice.Pick(known);
                fields[char.ToUpperInvariant(key.Length > 0 ? key[0] : 'a') + (key.Length > 0 ? key[1..] : "")] = fields[key]?.DeepClone();
                break;
            default:
                if (known.Length > 0)
                {
                    fields[dice.Pick(known)] = Value(dice);
                }

                break;
        }
    }

    private static JsonNode? Value(Dice dice) => dice.Below(4) switch
    {
        0 => new JsonArray([.. Enumerable.Range(0, dice.Pick([1, 40, 600])).Select(number => (JsonNode)$"v{number}")]),
        1 => JsonNode.Parse(dice.Pick(Odd.Where(text => !text.Contains("ud800", StringComparison.Ordinal)).ToArray())),
        _ => JsonValue.Create(dice.Of(OddTexts.Any)),
    };

    private static byte[] SpoilText(string text, Dice dice)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        switch (dice.Below(9))
        {
            case 0:
                return bytes[..dice.Below(bytes.Length)];
            case 1:
                return [.. bytes, .. Encoding.UTF8.GetBytes(dice.Pick([" ", "{}", "x", "\0", "]", ","]))];
            case 2:
                bytes[dice.Below(bytes.Length)] = (byte)dice.Below(256);
                return bytes;
            case 3:
                return Encoding.UTF8.GetBytes(text.Replace("{", "{\"surprise\":1,", StringComparison.Ordinal));
            case 4: // the first field twice
                return text.StartsWith("{\"", StringComparison.Ordinal) && text.IndexOf(':') is > 0 and var colon ? Encoding.UTF8.GetBytes($"{{{text[1..(colon + 1)]}{dice.Pick(Odd)},{text[1..]}") : bytes;
            case 5:
                return Encoding.UTF8.GetBytes($"{{\"labels\":{new string('[', dice.Pick([5, 33, 5000]))}{new string(']', 5)}}}");
            case 6:
                return dice.Percent(50) ? Encoding.Unicode.GetBytes(text) : [0xef, 0xbb, 0xbf, .. bytes];
            case 7:
                return Encoding.UTF8.GetBytes(dice.Pick(["", " ", "null", "[]", "\"\"", "0", "<a/>", "a=b", "{", "{}"]));
            default:
                return [.. bytes[..^1], .. new byte[dice.Pick([1, 100, 1 << 20])], .. bytes[^1..]];
        }
    }

    private static IEnumerable<JsonNode?> Children(JsonNode node) => node is JsonObject fields ? fields.Select(field => field.Value) : node.AsArray();
}
