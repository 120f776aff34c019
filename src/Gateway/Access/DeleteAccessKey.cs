using Gateway.Auth;

namespace Gateway.Access;

/// <summary>deleteAccessKey.</summary>
internal static class DeleteAccessKey
{
    public static IResult Handle(string key, AccessStore store, KeyRing keys)
    {
        store.Change(state => state.WithoutKey(keys.FindStored(state, key).Id));
        return TypedResults.NoContent();
    }
}
