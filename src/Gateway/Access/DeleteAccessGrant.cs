using Gateway.Auth;

namespace Gateway.Access;

/// <summary>deleteAccessGrant.</summary>
internal static class DeleteAccessGrant
{
    public static IResult Handle(string grant, AccessStore store)
    {
        store.Change(state => state.WithoutGrant(GetAccessGrant.Find(state, grant).Id));
        return TypedResults.NoContent();
    }
}
