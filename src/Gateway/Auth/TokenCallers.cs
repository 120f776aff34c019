using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Gateway.Auth;

/// <summary>Turns a token of a configured issuer into a caller.</summary>
internal sealed class TokenCallers(CurrentAuth auth, AccessStore access, TimeProvider time)
{
    /// <summary>How far the clocks of an issuer and of this machine may differ.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);

    private const int MaxSubjectLength = 256;

    /// <summary>A token that an issuer signs may name many groups; beyond these nobody would know what they grant.</summary>
    private const int MaxGroups = 256;

    /// <summary>Null where it is no valid token, or names no usable subject.</summary>
    public async Task<Caller?> FindAsync(HttpContext http, string token)
    {
        // What the token says of its issuer only chooses whose rules and keys it is judged by.
        var issuers = auth.Issuers;
        var issuer = issuers.Count > 0 && IssuerOf(token) is { } name ? issuers.FirstOrDefault(entry => entry.ValidIssuer == name) : null;

        // One that has come since the start has no scheme yet; where it is the first, there are no schemes at all.
        if (issuer is null || http.RequestServices.GetService<IAuthenticationSchemeProvider>() is not { } schemes || await schemes.GetSchemeAsync(issuer.Name) is null)
        {
            return null;
        }

        // The framework judges a token once in a request; a stream asks again, when the token may have ended.
        var result = await http.AuthenticateAsync(issuer.Name);
        return result.Succeeded && !(result.Properties.ExpiresUtc + ClockSkew < time.GetUtcNow()) ? From(issuer, result.Principal) : null;
    }

    private static string? IssuerOf(string token)
    {
        try
        {
            return new JsonWebToken(token).Issuer;
        }
        catch (ArgumentException)
        {
            return null; // no token at all
        }
    }

    private Caller? From(IssuerEntry issuer, ClaimsPrincipal token)
    {
        var subject = token.FindFirstValue(issuer.SubjectClaim);
        if (subject is not { Length: > 0 and <= MaxSubjectLength } || subject.Any(char.IsControl))
        {
            return null;
        }

        var groups = token.FindAll(issuer.GroupsClaim).Select(claim => claim.Value).Distinct(StringComparer.Ordinal).Take(MaxGroups).ToArray();
        var grants = issuer.Grants.Where(grant => grant.Subject == subject || (grant.Group is not null && groups.Contains(grant.Group, StringComparer.Ordinal)));
        return access.CallerOf($"{issuer.Name}:{subject}", [.. groups.Select(group => $"{issuer.Name}:{group}")], grants.Select(grant => grant.ToGrant()));
    }
}
