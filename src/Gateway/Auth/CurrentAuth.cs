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
    private volatile AuthOptions options;

    public CurrentAuth(IConfiguration configuration, IOptions<AuthOptions> atStart, IValidateOptions<AuthOptions> rules, ILogger<CurrentAuth> logger)
    {
        (this.configuration, this.rules, this.logger, options) = (configuration, rules, logger, atStart.Value);
        watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    public AuthOptions Options => options;

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

            options = changed;
            LogChanged(changed.ApiKeys.Count, changed.Issuers.Count);
        }
        catch (InvalidOperationException unreadable) // a value of the wrong type
        {
            LogRefused(unreadable.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "The configuration of access has changed: {Keys} keys, {Issuers} issuers")]
    private partial void LogChanged(int keys, int issuers);

    [LoggerMessage(LogLevel.Error, "The changed configuration of access is refused, and what was stays: {Reason}")]
    private partial void LogRefused(string reason);
}
