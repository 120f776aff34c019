namespace Gateway.Telemetry;

/// <summary>Text as it may stand in a log: masked and bounded.</summary>
internal static class LogText
{
    /// <summary>Longest text of one member, in characters; a line stays far below what log collectors cut (Docker: 16 KiB).</summary>
    public const int MaxLength = 4096;

    public static string Bounded(string? text)
    {
        var masked = SecretMask.Apply(text ?? "");
        return masked.Length <= MaxLength ? masked : masked[..MaxLength] + "...";
    }
}
