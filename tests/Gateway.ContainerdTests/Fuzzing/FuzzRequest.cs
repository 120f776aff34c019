using System.Text;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>A request as it goes onto the wire.</summary>
/// <param name="Operation">Of which it was made.</param>
/// <param name="IsStraight">Whether its path is made of plain names, so that no other operation can be meant.</param>
internal sealed record FuzzRequest(ApiOperation Operation, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body, bool IsStraight)
{
    /// <summary>Whether the answer may be waited for.</summary>
    public bool Waits => Target.Contains("wait=", StringComparison.OrdinalIgnoreCase) || Target.Contains("/events", StringComparison.Ordinal)
        || Headers.Any(header => header.Name.Equals("Prefer", StringComparison.OrdinalIgnoreCase));

    /// <summary>The line that sends it again; a body that is no text in base64.</summary>
    public string ToCurl(string server)
    {
        var line = new StringBuilder($"curl -si --path-as-is -X {Operation.Method} {Quoted($"http://{server}{Target}")}");
        foreach (var (name, value) in Headers.Where(header => header.Name is not "Authorization"))
        {
            line.Append($" -H {Quoted($"{name}: {value}")}");
        }

        if (Body is not null)
        {
            line.Append(Body.Length > 4000 ? $" # and {Body.Length} bytes: {Quoted(Encoding.UTF8.GetString(Body.AsSpan(0, 200)))}..."
                : Body.All(value => value is >= 0x20 and < 0x7f) ? $" --data-binary {Quoted(Encoding.ASCII.GetString(Body))}"
                : $" --data-binary @<(echo {Convert.ToBase64String(Body)} | base64 -d)");
        }

        return line.ToString();
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
