using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Gateway.Auth;

/// <summary>
/// Section <c>Auth</c> as its sources say now: keys and grants hold from the moment their file has changed, all else from the next start. A change that would
/// be refused at the start is refused here too, and what was stays.
/// </summary>
internal sealed partial class CurrentAuth : IDisposable
{
    private readonly IConfiguration configuration;
    private readonly ConfigurationFaults faults;
    private readonly AuthOptions atStart;
    private readonly IValidateOptions<AuthOptions> rules;
    private readonly IValidateOptions<ClientCertificateOptions> certificateRules;
    private readonly ILogger<CurrentAuth> logger;
    private readonly IDisposable watch;
    private volatile Parsed current;

    public CurrentAuth(
        IConfiguration configuration, ConfigurationFaults faults, IOptions<AuthOptions> atStart, IOptions<ClientCertificateOptions> certificates,
        IValidateOptions<AuthOptions> rules, IValidateOptions<ClientCertificateOptions> certificateRules, ILogger<CurrentAuth> logger)
    {
        (this.configuration, this.faults, this.atStart, this.rules, this.certificateRules, this.logger) = (configuration, faults, atStart.Value, rules, certificateRules, logger);
        current = new Parsed(this.atStart.ApiKeys, this.atStart.Issuers, certificates.Value.Grants);
        watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    public IReadOnlyList<IssuerEntry> Issuers => current.Issuers;

    public IReadOnlyList<GrantEntry> CertificateGrants => current.CertificateGrants;

    /// <summary>The configured API keys by id.</summary>
    public IReadOnlyDictionary<string, KeyRule> Keys => current.Keys;

    public void Dispose() => watch.Dispose();

    private void Reload()
    {
        try
        {
            if (faults.Take() is { } unread)
            {
                LogRefused(unread);
                return;
            }

            var changed = configuration.GetSection(AuthOptions.Section).Get<AuthOptions>() ?? new AuthOptions();
            var certificates = configuration.GetSection(ClientCertificateOptions.Section).Get<ClientCertificateOptions>() ?? new ClientCertificateOptions();
            var (verdict, certificateVerdict) = (rules.Validate(null, changed), certificateRules.Validate(null, certificates));
            if (verdict.Failed || certificateVerdict.Failed)
            {
                LogRefused(verdict.FailureMessage ?? certificateVerdict.FailureMessage!);
            }
            else
            {
                current = new Parsed(changed.ApiKeys, [.. changed.Issuers.Select(AsAtStart)], certificates.Grants);
                LogChanged(changed.ApiKeys.Count, changed.Issuers.Count);
            }
        }
        catch (InvalidOperationException unreadable) // a value of the wrong type
        {
            LogRefused(unreadable.Message);
        }
    }

    // Its keys, audience and algorithms were set up then: the rest must not be another issuer's.
    private IssuerEntry AsAtStart(IssuerEntry changed)
    {
        if (atStart.Issuers.FirstOrDefault(issuer => issuer.Name == changed.Name) is not { } known)
        {
            return changed;
        }

        if (!known.IsSameBut(changed))
        {
            LogWaits(changed.Name);
        }

        return known with { Grants = changed.Grants };
    }

    private sealed class Parsed(IReadOnlyList<ApiKeyEntry> keys, IReadOnlyList<IssuerEntry> issuers, IReadOnlyList<GrantEntry> certificateGrants)
    {
        public IReadOnlyList<IssuerEntry> Issuers => issuers;

        public IReadOnlyList<GrantEntry> CertificateGrants => certificateGrants;

        public IReadOnlyDictionary<string, KeyRule> Keys { get; } = keys.ToDictionary(
            key => key.Id, key => new KeyRule([KeySecret.FromHex(key.Sha256)], key.ExpiresAt, [.. key.Grants.Select(grant => grant.ToGrant())]), StringComparer.Ordinal);
    }

    [LoggerMessage(LogLevel.Information, "The configuration of access has changed: {Keys} keys, {Issuers} issuers")]
    private partial void LogChanged(int keys, int issuers);

    [LoggerMessage(LogLevel.Warning, "Of issuer {Name} only the grants have changed for now: the rest waits for the next start")]
    private partial void LogWaits(string name);

    [LoggerMessage(LogLevel.Error, "The changed configuration of access is refused, and what was stays: {Reason}")]
    private partial void LogRefused(string reason);
}
