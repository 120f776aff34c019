using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>Who asks.</summary>
/// <param name="Subject">Its name in grants, jobs and records.</param>
/// <param name="Groups">What its token says it belongs to.</param>
/// <param name="Grants">What it may do, from wherever it was granted.</param>
internal sealed record CallerView(string Subject, IReadOnlyList<string> Groups, IReadOnlyList<GrantBody> Grants);

/// <summary>getAccess.</summary>
internal static class GetAccess
{
    public static IResult Handle(HttpContext http, Caller caller) =>
        Resource.Fresh(http, new CallerView(caller.Subject, caller.Groups, [.. caller.Grants.Select(GrantBody.From)]));
}
