using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Gateway.Http;

/// <summary>
/// The certificate of the https listeners. Its files are looked at again with handshakes, at most once a second: new connections get what is there by
/// then, those that stand keep theirs. Files that cannot be used change nothing.
/// </summary>
internal sealed partial class ServerCertificate
{
    private const int MaxFileBytes = 1024 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string certificateFile;
    private readonly string keyFile;
    private readonly TimeProvider time;
    private readonly ILogger<ServerCertificate> log;
    private readonly Lock gate = new();
    private volatile SslStreamCertificateContext current;
    private byte[] seen = [];
    private long lookedAt;

    /// <summary>Reads them for the first time, or refuses the start.</summary>
    public ServerCertificate(IOptions<TlsOptions> options, TimeProvider time, ILogger<ServerCertificate> log)
    {
        (certificateFile, keyFile) = (options.Value.CertificateFile!, options.Value.KeyFile!);
        (this.time, this.log) = (time, log);
        lookedAt = time.GetTimestamp();
        try
        {
            current = Read(out var hash)!;
            seen = hash;
        }
        catch (Exception unusable) when (IsUnusable(unusable))
        {
            throw new InvalidOperationException($"the start is refused: Tls:CertificateFile {certificateFile} and Tls:KeyFile {keyFile} cannot be used: {unusable.Message}", unusable);
        }
    }

    /// <summary>The certificate for the next handshake, with its intermediates.</summary>
    public SslStreamCertificateContext Current()
    {
        // One looks, the others go on with what is there.
        if (time.GetElapsedTime(Interlocked.Read(ref lookedAt)) >= Pause && gate.TryEnter())
        {
            try
            {
                Look();
            }
            finally
            {
                gate.Exit();
            }
        }

        return current;
    }

    private void Look()
    {
        try
        {
            if (Read(out var hash) is { } replaced)
            {
                current = replaced;
                var notAfter = replaced.TargetCertificate.NotAfter.ToUniversalTime();
                LogReplaced(replaced.TargetCertificate.Subject, notAfter);
            }

            seen = hash;
        }
        catch (Exception unusable) when (IsUnusable(unusable))
        {
            // Each second of handshakes, until it is mended.
            LogUnusable(certificateFile, keyFile, unusable.Message);
        }
        finally
        {
            Interlocked.Exchange(ref lookedAt, time.GetTimestamp());
        }
    }

    // By their bytes and not by their times: a pair is replaced in two steps, or by a link to another folder. Null where nothing is new.
    private SslStreamCertificateContext? Read(out byte[] hash)
    {
        var (certificates, key) = (Text(certificateFile), Text(keyFile));
        hash = SHA256.HashData([.. System.Text.Encoding.UTF8.GetBytes(certificates), 0, .. System.Text.Encoding.UTF8.GetBytes(key)]);
        if (hash.AsSpan().SequenceEqual(seen))
        {
            return null;
        }

        if (PrivateFile.FindOpening(keyFile, isGiven: true) is { } opening)
        {
            throw new InvalidDataException(opening);
        }

        var all = new X509Certificate2Collection();
        all.ImportFromPem(certificates);
        // Offline: nothing is fetched that a certificate names.
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificates, key), [.. all.Skip(1)], offline: true);
    }

    private static string Text(string path) => new FileInfo(path) is { Exists: true, Length: > MaxFileBytes }
        ? throw new InvalidDataException($"{path} is larger than {MaxFileBytes} bytes")
        : File.ReadAllText(path);

    private static bool IsUnusable(Exception failure) => failure is IOException or UnauthorizedAccessException or CryptographicException or InvalidDataException or ArgumentException;

    [LoggerMessage(Level = LogLevel.Information, Message = "The certificate was replaced: {Subject}, until {NotAfter:u}")]
    private partial void LogReplaced(string subject, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "The new certificate {CertificateFile} with the key {KeyFile} cannot be used, the old one stays: {Reason}")]
    private partial void LogUnusable(string certificateFile, string keyFile, string reason);
}
