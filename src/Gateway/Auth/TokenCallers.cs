using System.Security.Claims;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>Turns the claims of a valid token into a caller.</summary>
internal sealed class TokenCallers(IOptions<AuthOptions> options)
{
    private const int MaxSubjectLength = 256;

    /// <summary>Null where the token names no usable subject.</summary>
    public Caller? From(ClaimsPrincipal token)
    {
        var jwt = options.Value.Jwt!;
        var subject = token.FindFirstValue(jwt.SubjectClaim);
        if (subject is not { Length: > 0 and <= MaxSubjectLength } || subject.Any(char.IsControl))
        {
            return null;
        }

        var groups = token.FindAll(jwt.GroupsClaim).Select(claim => claim.Value).ToHashSet(StringComparer.Ordinal);
        var grants = jwt.Grants.Where(grant => grant.Subject == subject || (grant.Group is not null && groups.Contains(grant.Group)));
        return new Caller($"jwt:{subject}", grants.Select(grant => grant.ToGrant()).ToArray());
    }
}
