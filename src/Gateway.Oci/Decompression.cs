using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Gateway.Oci;

/// <summary>Undoes the compressions that layers and archives come in.</summary>
internal static class Decompression
{
    /// <summary>Bytes that a compressed byte may become. Real images stay below 20; gzip can reach 1032, zstd more.</summary>
    public const int MaxRatio = 200;

    /// <summary>Bytes that may come out before the ratio counts: 64 MiB, so that small images of zeros pass.</summary>
    private const long FreeBytes = 64L * 1024 * 1024;

    /// <summary>zstd's window is held in memory: 128 MiB at most, as a power of two, what zstd itself takes by default.</summary>
    private const int MaxZstdWindowLog = 27;

    /// <summary>What so many bytes may become at most, before they are a bomb.</summary>
    public static long MostOf(long compressed) => (MaxRatio * compressed) + FreeBytes;

    /// <summary>What comes out; the source itself where nothing is to be undone. The source stays open.</summary>
    public static Stream Open(Stream source, BlobCompression compression)
    {
        switch (compression)
        {
            case BlobCompression.Gzip:
                return new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
            case BlobCompression.Zstd:
                var zstd = new DecompressionStream(source, leaveOpen: true);
                zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxZstdWindowLog);
                return zstd;
            default:
                return source;
        }
    }

    /// <summary>Whether the bytes are damaged, truncated, or ask for too large a window.</summary>
    public static bool IsBroken(Exception failure) => failure is InvalidDataException or ZstdException or EndOfStreamException;

    public static bool IsWindowTooLarge(Exception failure) => failure is ZstdException { Code: ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge };
}
