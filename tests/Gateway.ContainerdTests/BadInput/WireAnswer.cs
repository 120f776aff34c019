using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>What came back on the wire.</summary>
/// <param name="Headers">By name, in any case; repeated ones joined.</param>
/// <param name="Elapsed">From the first byte sent to the last one read.</param>
public sealed record WireAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, TimeSpan Elapsed)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public bool IsProblem => Header("Content-Type") == "application/problem+json";

    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public string? Code => IsProblem && Body.Length > 0 ? (string?)Json["code"] : null;

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
