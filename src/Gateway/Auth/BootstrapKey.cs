using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
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

    /// <param name="defaultStateFile">Where the hash of a generated key lies if the options name no file.</param>
    /// <param name="announce">Told a generated key, once.</param>
    public static BootstrapKey Load(AuthOptions options, string? environmentKey, string defaultStateFile, Action<string> announce)
    {
        if ((options.BootstrapKey ?? environmentKey) is { Length: > 0 } configured)
        {
            return new BootstrapKey(SHA256.HashData(Encoding.UTF8.GetBytes(configured)));
        }

        return options.ApiKeys.Count > 0 || options.Issuers.Count > 0 ? new BootstrapKey(null) : new BootstrapKey(ReadOrMake(options.StateFile ?? defaultStateFile, announce));
    }

    private static byte[] ReadOrMake(string path, Action<string> announce)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("a key's hash is kept in a file that needs Unix file modes");
        }

        if (File.Exists(path))
        {
            if ((File.GetUnixFileMode(path) & ~OwnerOnly) is not UnixFileMode.None)
            {
                throw new OptionsValidationException(AuthOptions.Section, typeof(AuthOptions), ["the file with the bootstrap key's hash is open to others: chmod 600 it"]);
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

    private sealed record State(string Sha256);
}
