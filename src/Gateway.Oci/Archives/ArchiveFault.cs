namespace Gateway.Oci.Archives;

/// <summary>The two ways in which an archive is refused.</summary>
public static class ArchiveFault
{
    private const int MaxShown = 128;

    /// <summary>It is malformed, or not an image archive.</summary>
    public static OciException Invalid(string problem, Exception? inner = null) =>
        new(OciFault.ArchiveInvalid, $"the archive cannot be imported: {problem}", inner);

    /// <summary>It is beyond a limit.</summary>
    public static OciException TooLarge(string problem) => new(OciFault.ArchiveTooLarge, $"the archive cannot be imported: {problem}");

    /// <summary>A document in the archive that is refused makes the archive invalid; every other fault stays what it is.</summary>
    public static OciException From(OciException fault) => fault.Fault switch
    {
        OciFault.ManifestInvalid or OciFault.DigestMismatch => Invalid(fault.Message, fault),
        OciFault.ManifestTooLarge => TooLarge(fault.Message),
        _ => fault,
    };

    /// <summary>A name out of the archive as a message may show it: cut, and without control characters.</summary>
    public static string Show(string name) =>
        string.Concat(name.Take(MaxShown).Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? '?' : letter)) + (name.Length > MaxShown ? "..." : "");
}
