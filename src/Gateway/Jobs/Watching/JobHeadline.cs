using System.Text.Json;

namespace Gateway.Jobs;

/// <summary>
/// A job in a few words. It knows no kind of job, only the contract's field names: <c>reference</c> of a request, <c>digest</c> of what was made.
/// </summary>
internal static class JobHeadline
{
    /// <summary>What it is about: the reference where the request has one.</summary>
    public static string Of(JobRecord job) =>
        Clean(Text(JsonElement.Parse(job.Request), "reference") ?? $"{job.Kind} {job.Id}");

    /// <summary>The last line of a terminal's stream.</summary>
    public static string Outcome(JobRecord job) => Clean(job.State switch
    {
        JobState.Succeeded => $"succeeded {Of(job)} {(job.Result is null ? "" : DigestOf(JsonElement.Parse(job.Result)))}".TrimEnd(),
        JobState.Failed => $"failed: {job.Error?.Code}: {job.Error?.Detail}",
        _ => $"{job.State.Spell()} {Of(job)}",
    });

    /// <summary>Without control characters: what a registry said must not steer the terminal.</summary>
    public static string Clean(string text) => string.Create(text.Length, text, static (clean, raw) =>
    {
        for (var i = 0; i < clean.Length; i++)
        {
            clean[i] = char.IsControl(raw[i]) ? '?' : raw[i];
        }
    });

    /// <summary>The digest of the result, or of the image or target in it.</summary>
    private static string? DigestOf(JsonElement result) => Text(result, "digest")
        ?? (Member(result, "image") is { } image ? DigestOf(image) : null)
        ?? (Member(result, "target") is { } target ? DigestOf(target) : null);

    private static string? Text(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;
}
