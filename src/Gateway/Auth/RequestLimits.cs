using Gateway.Http;

namespace Gateway.Auth;

/// <summary>
/// Refuses what one caller, or all who call on one namespace, ask beyond their rate. Stands behind the decision on the endpoint: who may not call on a
/// namespace takes nothing of its rate, and a refusal for want of a permission costs no more than one for the rate.
/// </summary>
internal sealed class RequestLimits(RequestDelegate next, RequestBudgets budgets)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.Features.Get<Caller>() is { } caller)
        {
            Require(budgets.Subjects.Take(caller.Subject), "this caller has sent more requests than it may in a second");
            if (http.GetRouteValue("namespace") is string containerdNamespace)
            {
                Require(budgets.Namespaces.Take(containerdNamespace), "this namespace has been sent more requests than it takes in a second");
            }
        }

        return next(http);
    }

    private static void Require(TimeSpan? wait, string otherwise)
    {
        if (wait is not null)
        {
            throw new ProblemException(ProblemKinds.TooManyRequests, otherwise) { RetryAfter = wait };
        }
    }
}
