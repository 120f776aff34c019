using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Gateway.Auth;

/// <summary>
/// Section <c>Auth</c> as its sources say now: keys and grants hold from the moment their file has changed. A change that would be refused at the start is
/// refused here too, and what was stays.
/// </summary>
internal sealed partial class CurrentAuth : IDisposable
{
    private readonly IConfiguration configuration;
    private readonly IValidateOptions<AuthOptions> rules;
    private readonly ILogger<CurrentAuth> logger;
    private readonly IDisposable watch;
    private volatile Parsed current;

    public CurrentAuth(IConfiguration configuration, IOptions<AuthOptions> atStart, IValidateOptions<AuthOptions> rules, ILogger<CurrentAuth> logger)
    {
        (this.configuration, this.rules, this.logger, current) = (configuration, rules, logger, new Parsed(atStart.Value));
        watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    public IReadOnlyList<IssuerEntry> Issuers => current.Options.Issuers;

    /// <summary>The configured API keys by id.</summary>
    public IReadOnlyDictionary<string, KeyRule> Keys => current.Keys;

    public void Dispose() => watch.Dispose();

    private void Reload()
    {
        try
        {
            var changed = configuration.GetSection(AuthOptions.Section).Get<AuthOptions>() ?? new AuthOptions();
            var verdict = rules.Validate(null, changed);
            if (verdict.Failed)
            {
                LogRefused(verdict.FailureMessage);
                return;
            }

            current = new Parsed(changed);
            LogChanged(changed.ApiKeys.Count, changed.Issuers.Count);
        }
        catch (InvalidOperationException unreadable) // a value of the wrong type
        {
            LogRefused(unreadable.Message);
        }
    }

    private sealed class Parsed(AuthOptions options)
    {
        public AuthOptions Options => options;

        public IReadOnlyDictionary<string, KeyRule> Keys { get; } = options.ApiKeys.ToDictionary(
            key => key.Id, key => new KeyRule([KeySecret.FromHex(key.Sha256)], key.ExpiresAt, [.. key.Grants.Select(grant => grant.ToGrant())]), StringComparer.Ordinal);
    }

    [LoggerMessage(LogLevel.Information, "The configuration of access has changed: {Keys} keys, {Issuers} issuers")]
    private partial void LogChanged(int keys, int issuers);

    [LoggerMessage(LogLevel.Error, "The changed configuration of access is refused, and what was stays: {Reason}")]
    private partial void LogRefused(string reason);
}
