using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>listAccessGrants.</summary>
internal static class ListAccessGrants
{
    public static IResult Handle(HttpContext http, [AsParameters] PageRequest page, AccessStore store) =>
        Paging.Answer(http, Paging.Slice([.. store.State.Grants.Values.Select(GrantView.From).OrderBy(view => view.Id, StringComparer.Ordinal)], view => view.Id, page));
}
