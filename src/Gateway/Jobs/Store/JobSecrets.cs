using System.Security.Cryptography;
using System.Text;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Jobs;

/// <summary>
/// Seals credentials for the store with AES-256-GCM, bound to their job and namespace. The key lies beside the database in a file of its own, so
/// that a copy or a backup of the database alone tells nothing.
/// </summary>
internal sealed class JobSecrets
{
    private const int KeyBytes = 32;
    private const byte Version = 1;

    private static readonly int NonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagBytes = AesGcm.TagByteSizes.MaxSize;

    private readonly byte[] key;

    private JobSecrets(byte[] key) => this.key = key;

    /// <summary>Where the key of a database lies: <c>jobs.key</c> beside <c>jobs.db</c>.</summary>
    public static string KeyPath(string database) => Path.ChangeExtension(database, ".key");

    /// <summary>Reads the key, or makes one at the first start. A new key cannot open what an old one sealed: those jobs fail, and say why.</summary>
    public static JobSecrets Open(string path)
    {
        using var file = PrivateFile.Open(path, FileMode.OpenOrCreate, FileShare.None);
        var bytes = new byte[KeyBytes];
        if (file.Length == 0)
        {
            RandomNumberGenerator.Fill(bytes);
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        else if (file.Length == KeyBytes)
        {
            file.ReadExactly(bytes);
        }
        else
        {
            throw new JobStoreException(JobStoreFault.Damaged,
                $"the key file {path} is damaged: restore it, or delete it to have a new one made; waiting jobs with credentials then fail");
        }

        return new JobSecrets(bytes);
    }

    /// <summary>Version, nonce, tag, ciphertext.</summary>
    public byte[] Seal(string jobId, string @namespace, Secret secret)
    {
        var plain = Encoding.UTF8.GetBytes(secret.Reveal());
        var envelope = Seal(jobId, @namespace, plain);
        CryptographicOperations.ZeroMemory(plain);
        return envelope;
    }

    /// <summary>The same for bytes, and for what is not a job's: any two names that tell it from others.</summary>
    public byte[] Seal(string jobId, string @namespace, byte[] plain)
    {
        var envelope = new byte[1 + NonceBytes + TagBytes + plain.Length];
        envelope[0] = Version;
        var nonce = envelope.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, plain, envelope.AsSpan(1 + NonceBytes + TagBytes), envelope.AsSpan(1 + NonceBytes, TagBytes), Context(jobId, @namespace));
        return envelope;
    }

    /// <summary>Opens what was sealed for this very job; with another key or for another job it fails with <c>credentials_unreadable</c>.</summary>
    public Secret Unseal(string jobId, string @namespace, byte[] envelope)
    {
        var plain = UnsealBytes(jobId, @namespace, envelope);
        var secret = new Secret(Encoding.UTF8.GetString(plain));
        CryptographicOperations.ZeroMemory(plain);
        return secret;
    }

    public byte[] UnsealBytes(string jobId, string @namespace, byte[] envelope)
    {
        try
        {
            if (envelope.Length < 1 + NonceBytes + TagBytes || envelope[0] != Version)
            {
                throw new CryptographicException("unknown envelope");
            }

            var plain = new byte[envelope.Length - 1 - NonceBytes - TagBytes];
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(envelope.AsSpan(1, NonceBytes), envelope.AsSpan(1 + NonceBytes + TagBytes), envelope.AsSpan(1 + NonceBytes, TagBytes),
                plain, Context(jobId, @namespace));
            return plain;
        }
        catch (CryptographicException unreadable)
        {
            throw new ProblemException(ProblemKinds.CredentialsUnreadable,
                "what was sealed cannot be read any more: the gateway's key has changed since it was stored", unreadable);
        }
    }

    /// <summary>A hash that only the holder of the key can make again: nothing can be guessed from it.</summary>
    public byte[] Fingerprint(ReadOnlySpan<byte> bytes) => HMACSHA256.HashData(key, bytes);

    private static byte[] Context(string jobId, string @namespace) => Encoding.UTF8.GetBytes($"{jobId}\0{@namespace}");
}
