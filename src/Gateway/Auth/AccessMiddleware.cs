using Gateway.Http;

namespace Gateway.Auth;

/// <summary>Finds the caller and decides on the endpoint, before anything is bound or looked up. What declares nothing is denied.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, ICallers callers, RequestBudgets budgets)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var endpoint = http.GetEndpoint();
        // Routing answers a wrong method or media type with an endpoint of its own, which holds no handler of ours.
        if (endpoint is not RouteEndpoint || endpoint.Metadata.GetMetadata<OpenToAnyone>() is not null)
        {
            await next(http);
            return;
        }

        var caller = await callers.FindAsync(http);
        if (caller is null)
        {
            throw new ProblemException(ProblemKinds.Unauthorized, "the request has no valid credentials");
        }

        http.Features.Set(caller);
        budgets.TakeOf(caller); // before the decision: a refusal costs a record of the audit
        var needs = endpoint.Metadata.GetMetadata<NeedsPermission>();
        var containerdNamespace = http.GetRouteValue("namespace") as string;
        if (needs is null || !IsGranted(needs, caller, containerdNamespace))
        {
            throw new ProblemException(ProblemKinds.Forbidden, $"{needs?.Permission ?? Permission.Admin} is not granted here");
        }

        if (containerdNamespace is not null)
        {
            if (!Validation.IsNamespaceName(containerdNamespace))
            {
                throw ProblemException.InvalidField("namespace", "is not a namespace's name: letters, digits, and single '.', '_' or '-' between them, at most 76 characters");
            }

            budgets.TakeOf(containerdNamespace);
        }

        await next(http);
    }

    private static bool IsGranted(NeedsPermission needs, Caller caller, string? containerdNamespace) =>
        needs.Permission is null || needs.OwnerMay || caller.May(needs.Permission, needs.Everywhere ? Grant.Everywhere : containerdNamespace);
}
