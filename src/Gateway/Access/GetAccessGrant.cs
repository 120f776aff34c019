using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>getAccessGrant.</summary>
internal static class GetAccessGrant
{
    public static IResult Handle(HttpContext http, string grant, AccessStore store) => Resource.Ok(http, GrantView.From(Find(store.State, grant)));

    public static StoredGrant Find(AccessState state, string id) =>
        state.Grants.TryGetValue(id, out var grant) ? grant : throw new ProblemException(ProblemKinds.NotFound, "there is no such grant");
}
