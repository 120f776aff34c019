using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>
/// The admin's key that makes the first call possible: the configured one, or, where no credential of any kind is configured, one that is made at
/// the first start, printed once, and kept as a hash.
/// </summary>
internal sealed class BootstrapKey
{
    /// <summary>A guessable key is no key: below this the start is refused.</summary>
    public const int MinLength = 32;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private BootstrapKey(byte[]? hash) => Hash = hash;

    /// <summary>SHA-256 of the whole key; null where there is none.</summary>
    public byte[]? Hash { get; }

    /// <param name="takesCertificates">Whether callers may come with a client certificate.</param>
    /// <param name="defaultStateFile">Where the hash of a generated key lies if the options name no file.</param>
    /// <param name="announce">Told a generated key, once.</param>
    public static BootstrapKey Load(AuthOptions options, string? environmentKey, bool takesCertificates, string defaultStateFile, Action<string> announce)
    {
        var configured = string.IsNullOrEmpty(options.BootstrapKey) ? environmentKey ?? options.BootstrapKey : options.BootstrapKey;
        if (configured is { Length: > 0 })
        {
            return configured.Length < MinLength
                ? throw Refused($"the bootstrap key is shorter than {MinLength} characters")
                : new BootstrapKey(SHA256.HashData(Encoding.UTF8.GetBytes(configured)));
        }

        if (options.ApiKeys.Count > 0 || options.Issuers.Count > 0 || takesCertificates)
        {
            return new BootstrapKey(null);
        }

        // A secret that did not arrive must not become one that nobody chose.
        return configured is not null
            ? throw Refused("there is no way to authenticate: the bootstrap key is set but empty, and no API key, issuer or client certificate is configured; leave it unset to have a key generated")
            : new BootstrapKey(ReadOrMake(options.StateFile ?? defaultStateFile, announce));
    }

    private static byte[] ReadOrMake(string path, Action<string> announce)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("a key's hash is kept in a file that needs Unix file modes");
        }

        if (File.Exists(path))
        {
            if (PrivateFile.FindOpening(path) is { } opening)
            {
                throw Refused($"the file with the bootstrap key's hash, {opening}");
            }

            return Convert.FromHexString(JsonSerializer.Deserialize<State>(File.ReadAllText(path))!.Sha256);
        }

        var (key, _) = ApiKeys.Make("bootstrap");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            JsonSerializer.Serialize(file, new State(Convert.ToHexStringLower(hash)));
            file.Flush(flushToDisk: true);
        }

        announce(key);
        return hash;
    }

    private static OptionsValidationException Refused(string reason) => new(AuthOptions.Section, typeof(AuthOptions), [$"the start is refused: {reason}"]);

    private sealed record State(string Sha256);
}
