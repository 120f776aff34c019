namespace Gateway.ContainerdTests.BadInput;

/// <summary>Requests, each with the one answer it must get: method, path (<c>{ns}</c> is the area's namespace), body and <c>status code field</c>.</summary>
public sealed class Cases : TheoryData<string, string, string?, string>
{
    /// <summary>A request without a body.</summary>
    public void Add(string method, string path, string expected) => Add(method, path, null, expected);

    /// <summary>Bodies for one operation.</summary>
    public Cases Bodies(string method, string path, params (string Body, string Expected)[] bodies)
    {
        foreach (var (body, expected) in bodies)
        {
            Add(method, path, body, expected);
        }

        return this;
    }

    /// <summary>Paths for one answer.</summary>
    public Cases Paths(string method, string expected, params string[] paths)
    {
        foreach (var path in paths)
        {
            Add(method, path, null, expected);
        }

        return this;
    }
}
