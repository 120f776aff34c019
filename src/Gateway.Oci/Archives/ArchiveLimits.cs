namespace Gateway.Oci.Archives;

/// <summary>What an archive may have at most. One beyond a limit is refused whole.</summary>
/// <param name="MaxBytes">Largest archive, as it is sent and after decompression, in bytes.</param>
public sealed record ArchiveLimits(long MaxBytes)
{
    /// <summary>Most entries: an image has at most 512 layers, and an archive may hold many images.</summary>
    public const int MaxEntries = 20_000;

    /// <summary>Largest extended header (PAX or GNU long name), in bytes: 64 KiB, far more than a name and a size take.</summary>
    public const int MaxExtendedHeaderBytes = 64 * 1024;

    /// <summary>Longest name of an entry, in characters. The layouts' own names have at most 141.</summary>
    public const int MaxNameLength = 512;

    /// <summary>Images and names of one archive.</summary>
    public const int MaxImages = 1000;
}
