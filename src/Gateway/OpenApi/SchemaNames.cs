namespace Gateway.OpenApi;

/// <summary>Names of schemas: the wire's words, without what only the code needs.</summary>
internal static class SchemaNames
{
    public static string Of(Type type)
    {
        var name = type.Name.Split('`')[0];
        var stem = name.EndsWith("View", StringComparison.Ordinal) ? name[..^4] : name.EndsWith("Body", StringComparison.Ordinal) ? name[..^4] + "Request" : name;
        return string.Concat(type.GetGenericArguments().Select(Of)) + stem;
    }
}
