using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>listAccessKeys.</summary>
internal static class ListAccessKeys
{
    public static IResult Handle(HttpContext http, [AsParameters] PageRequest page, AccessStore store, CurrentAuth auth, KeyUse use, TimeProvider time)
    {
        var ids = store.State.Keys.Keys.Concat(auth.Options.ApiKeys.Select(key => key.Id)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return Paging.Answer(http, Paging.Slice([.. ids.Select(id => KeyRing.View(id, store, auth, use, time))], view => view.Id, page));
    }
}
