using System.Globalization;

namespace Gateway.Oci.Registry;

/// <summary>What a host's configuration says about TLS. Paths are absolute; the key file of a client pair may be empty (then the first file holds both).</summary>
internal sealed record TlsSettings(IReadOnlyList<string> CaFiles, IReadOnlyList<(string Certificate, string Key)> ClientPairs, bool SkipVerify)
{
    public static TlsSettings Default { get; } = new([], [], SkipVerify: false);

    /// <summary>The same trust towards a host the configuration does not name: no client certificate, and verification always.</summary>
    public TlsSettings ForOtherHost() => this with { ClientPairs = [], SkipVerify = false };

    /// <summary>Equal for equal settings on unchanged files: connections are pooled by it.</summary>
    public string Key() => string.Join('\n',
        [SkipVerify.ToString(), .. CaFiles.Select(Stamped), "-", .. ClientPairs.SelectMany(pair => new[] { Stamped(pair.Certificate), Stamped(pair.Key) })]);

    private static string Stamped(string file) => file.Length is 0 ? "" : $"{file}|{File.GetLastWriteTimeUtc(file).Ticks.ToString(CultureInfo.InvariantCulture)}";
}
