using Gateway.Auth;

namespace Gateway.Access;

/// <summary>deleteAccessKey.</summary>
internal static class DeleteAccessKey
{
    public static IResult Handle(string key, AccessStore store, CurrentAuth auth)
    {
        store.Change(state => state.WithoutKey(state.FindStored(key, auth).Id));
        return TypedResults.NoContent();
    }
}
