using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Sends a bad request and looks at all of its answer.</summary>
internal static class Refusal
{
    private static readonly (string, string) Key = ("Authorization", $"Bearer {GatewayProcess.Key}");

    // What an answer never tells: types of the code, stack traces, paths of the host.
    private static readonly string[] Secrets = ["System.", "Gateway.", "   at ", "/var/lib", "/run/", Canary.Mark];

    /// <summary>As JSON, with credentials.</summary>
    /// <param name="expected">Status, problem's code and, where they are told, the field: <c>400 invalid_request name</c>.</param>
    public static Task IsAsync(Area area, string method, string path, string? body, string expected) =>
        IsAsync(area, method, path, body is null ? [Key] : [Key, ("Content-Type", "application/json")], body is null ? null : Encoding.UTF8.GetBytes(body), expected);

    /// <summary>With headers beside the credentials.</summary>
    public static Task WithAsync(Area area, string method, string path, string headers, string? body, string expected) =>
        IsAsync(area, method, path, [Key, .. HeadersOf(headers)], body is null ? null : Encoding.UTF8.GetBytes(body), expected);

    /// <summary>Headers as a case writes them: one a line.</summary>
    public static IEnumerable<(string Name, string Value)> HeadersOf(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2)).Select(pair => (pair[0], pair[1].StartsWith(' ') ? pair[1][1..] : pair[1]));

    public static async Task IsAsync(Area area, string method, string path, IReadOnlyCollection<(string Name, string Value)> headers, byte[]? body, string expected)
    {
        using var client = new WireClient(area.Node.Gateway.Url);
        var answer = await client.SendAsync(method, path.Replace("{ns}", area.Path, StringComparison.Ordinal), headers, body);
        var wanted = expected.Split(' ', 3);
        Assert.True(wanted[0] == $"{answer.Status}", $"{answer.Status}, not {expected}: {answer.Text}");
        if (wanted.Length > 1 && method is not "HEAD")
        {
            AssertProblem(answer, wanted[1], wanted.ElementAtOrDefault(2));
        }
    }

    private static void AssertProblem(WireAnswer answer, string code, string? field)
    {
        Assert.True(answer.IsProblem, $"{answer.Header("Content-Type")}: {answer.Text}");
        var problem = answer.Json;
        Assert.True(code == (string?)problem["code"], $"not {code}: {answer.Text}");
        Assert.Equal($"/problems/{code}", (string?)problem["type"]);
        Assert.Equal(answer.Status, (int)problem["status"]!);
        Assert.NotEmpty((string)problem["detail"]!);
        Assert.NotNull(answer.Header("X-Request-Id"));
        Assert.Contains("no-store", answer.Header("Cache-Control"));
        if (field is not null)
        {
            Assert.True(problem["errors"]?.AsObject().ContainsKey(field), $"{field} is not named: {answer.Text}");
        }

        Assert.DoesNotContain(Secrets, secret => answer.Text.Contains(secret, StringComparison.Ordinal));
    }
}
