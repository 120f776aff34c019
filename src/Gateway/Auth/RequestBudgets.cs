using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>What callers, namespaces and addresses have left.</summary>
internal sealed class RequestBudgets(IOptions<RequestLimitOptions> options) : IDisposable
{
    public RateBudget Subjects { get; } = RateBudget.PerSecond(options.Value.RequestsPerSecond);

    public RateBudget Namespaces { get; } = RateBudget.PerSecond(options.Value.NamespaceRequestsPerSecond);

    public RateBudget WrongCredentials { get; } = RateBudget.PerMinute(options.Value.WrongCredentialsPerMinute);

    public void Dispose()
    {
        Subjects.Dispose();
        Namespaces.Dispose();
        WrongCredentials.Dispose();
    }
}
