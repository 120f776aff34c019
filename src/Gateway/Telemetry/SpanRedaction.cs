using System.Diagnostics;
using OpenTelemetry;

namespace Gateway.Telemetry;

/// <summary>
/// Takes out of every span what a caller may have put a secret into: queries, headers, and paths that hold <c>user:password@</c>.
/// Runs before the exporters see the span.
/// </summary>
internal sealed class SpanRedaction : BaseProcessor<Activity>
{
    private const string Redacted = "Redacted";

    public override void OnEnd(Activity data)
    {
        foreach (var (name, value) in data.TagObjects.ToArray())
        {
            if (Safe(data, name, value) is var safe && !ReferenceEquals(safe, value))
            {
                data.SetTag(name, safe);
            }
        }
    }

    private static object? Safe(Activity span, string name, object? value) => (name, value) switch
    {
        ("url.query", not null) => Redacted,
        ("user_agent.original", _) => null,
        ("url.path", string path) => HoldsUserInfo(path) ? span.GetTagItem("http.route") ?? Redacted : value,
        (_, not null) when IsHeader(name) => null,
        (_, string text) => SecretMask.Apply(text),
        _ => value,
    };

    private static bool IsHeader(string name) =>
        name.StartsWith("http.request.header.", StringComparison.Ordinal)
        || name.StartsWith("http.response.header.", StringComparison.Ordinal)
        || name.StartsWith("rpc.grpc.request.metadata.", StringComparison.Ordinal);

    // An @ in a path is the start of a digest (name@sha256:...) or the end of credentials that do not belong there.
    internal static bool HoldsUserInfo(string path)
    {
        for (var at = path.IndexOf('@'); at >= 0; at = path.IndexOf('@', at + 1))
        {
            var after = path.AsSpan(at + 1);
            if (!after.StartsWith("sha256:", StringComparison.Ordinal) && !after.StartsWith("sha512:", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
