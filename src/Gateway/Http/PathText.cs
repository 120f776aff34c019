namespace Gateway.Http;

/// <summary>A path parameter that may hold slashes.</summary>
internal static class PathText
{
    /// <summary>Routing decodes a path but for %2F.</summary>
    public static string Decode(string segment) => segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
