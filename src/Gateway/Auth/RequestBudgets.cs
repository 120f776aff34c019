using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>What callers, namespaces and addresses have left.</summary>
internal sealed class RequestBudgets(IOptions<RequestLimitOptions> options) : IDisposable
{
    private readonly RateBudget subjects = RateBudget.PerSecond(options.Value.RequestsPerSecond);
    private readonly RateBudget namespaces = RateBudget.PerSecond(options.Value.NamespaceRequestsPerSecond);

    public RateBudget WrongCredentials { get; } = RateBudget.PerMinute(options.Value.WrongCredentialsPerMinute);

    /// <summary>Throws <c>too_many_requests</c> where the caller asks beyond its rate.</summary>
    public void TakeOf(Caller caller) => Require(subjects.Take(caller.Subject), "this caller has sent more requests than it may in a second");

    /// <summary>The same for a namespace. Only of those who may call on it: nobody else takes anything of its rate.</summary>
    public void TakeOf(string containerdNamespace) => Require(namespaces.Take(containerdNamespace), "this namespace has been sent more requests than it takes in a second");

    public void Dispose()
    {
        subjects.Dispose();
        namespaces.Dispose();
        WrongCredentials.Dispose();
    }

    private static void Require(TimeSpan? wait, string otherwise)
    {
        if (wait is not null)
        {
            throw new ProblemException(ProblemKinds.TooManyRequests, otherwise) { RetryAfter = wait };
        }
    }
}
