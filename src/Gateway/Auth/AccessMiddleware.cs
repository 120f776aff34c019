using Gateway.Http;

namespace Gateway.Auth;

/// <summary>Finds the caller and decides on the endpoint, before anything is bound or looked up. What declares nothing is denied.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, ApiKeys keys, TokenCallers tokens, CertificateCallers certificates, RequestBudgets budgets)
{
    private const string KeyHeader = "X-API-Key";

    public async Task InvokeAsync(HttpContext http)
    {
        var endpoint = http.GetEndpoint();
        // Routing answers a wrong method or media type with an endpoint of its own, which holds no handler of ours.
        if (endpoint is not RouteEndpoint || endpoint.Metadata.GetMetadata<OpenToAnyone>() is not null)
        {
            await next(http);
            return;
        }

        var caller = await AuthenticateAsync(http);
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

        if (containerdNamespace is not null && !Validation.IsNamespaceName(containerdNamespace))
        {
            throw ProblemException.InvalidField("namespace", "is not a namespace's name: letters, digits, and single '.', '_' or '-' between them, at most 76 characters");
        }

        if (containerdNamespace is not null)
        {
            budgets.TakeOf(containerdNamespace);
        }

        await next(http);
    }

    private static bool IsGranted(NeedsPermission needs, Caller caller, string? containerdNamespace) =>
        needs.Permission is null || needs.OwnerMay || caller.May(needs.Permission, needs.Everywhere ? Grant.Everywhere : containerdNamespace);

    private async Task<Caller?> AuthenticateAsync(HttpContext http)
    {
        var header = http.Request.Headers[KeyHeader];
        var authorization = http.Request.Headers.Authorization;
        if (header.Count > 1 || authorization.Count > 1 || (header.Count is 1 && authorization.Count is 1))
        {
            // Which of two credentials counts must not be a guess.
            return null;
        }

        if (header.Count is 0 && authorization.Count is 0)
        {
            return certificates.From(http);
        }

        if (header.Count is 1)
        {
            return keys.Find(header.ToString());
        }

        if (!authorization.ToString().StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var credential = authorization.ToString()["Bearer ".Length..];
        return keys.Find(credential) ?? await tokens.FindAsync(http, credential);
    }
}
