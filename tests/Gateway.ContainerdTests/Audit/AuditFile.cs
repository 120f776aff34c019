using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Audit;

/// <summary>The audit as it stands in its file, which the gateway may be writing.</summary>
internal static class AuditFile
{
    public static string PathOf(GatewayProcess gateway) => Path.Combine(gateway.Folder, "audit.jsonl");

    public static IReadOnlyList<JsonObject> Records(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n').SkipLast(1).Select(line => JsonNode.Parse(line)!.AsObject())];
    }

    public static IReadOnlyList<JsonObject> Records(this GatewayProcess gateway) => Records(PathOf(gateway));

    public static bool Is(this JsonObject record, string kind, string operation) => (string?)record["kind"] == kind && (string?)record["operation"] == operation;

    /// <summary>The gateway's own command; its exit code and what it says.</summary>
    public static Task<(int Exit, string Output)> VerifyAsync(string path) =>
        ChildProcess.TryRunAsync("dotnet", Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), "verify-audit", path);
}
