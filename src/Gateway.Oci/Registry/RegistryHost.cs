using System.Security.Cryptography.X509Certificates;

namespace Gateway.Oci.Registry;

/// <summary>One endpoint that serves a registry: the registry itself or a mirror.</summary>
/// <param name="Api">Where the API stands, for example <c>https://registry-1.docker.io/v2</c>; no slash at the end.</param>
/// <param name="IsMirror">Whether requests must name the registry they are meant for, as <c>?ns=</c>, and go without the caller's credentials.</param>
internal sealed record RegistryHost(Uri Api, bool IsMirror)
{
    public bool MayResolve { get; init; } = true;

    public bool MayPull { get; init; } = true;

    public bool SkipVerify { get; init; }

    /// <summary>Files of extra roots.</summary>
    public IReadOnlyList<string> CaFiles { get; init; } = [];

    /// <summary>Certificate and key files.</summary>
    public IReadOnlyList<(string Certificate, string? Key)> ClientFiles { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What tells two TLS configurations apart. File times are part of it: a renewed certificate is a new configuration.</summary>
    public string TlsKey => string.Join('|', [SkipVerify.ToString(), .. CaFiles.Select(Stamped), .. ClientFiles.SelectMany(pair => new[] { Stamped(pair.Certificate), Stamped(pair.Key ?? "") })]);

    public X509Certificate2Collection Roots()
    {
        var roots = new X509Certificate2Collection();
        foreach (var file in CaFiles)
        {
            roots.ImportFromPemFile(file);
        }

        return roots;
    }

    public X509Certificate2Collection ClientCertificates() => [.. ClientFiles.Select(pair => X509Certificate2.CreateFromPemFile(pair.Certificate, pair.Key))];

    private static string Stamped(string file) => file.Length is 0 ? "" : $"{file}@{File.GetLastWriteTimeUtc(file).Ticks}";
}
