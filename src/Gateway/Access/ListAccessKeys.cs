using Gateway.Http;

namespace Gateway.Access;

/// <summary>listAccessKeys.</summary>
internal static class ListAccessKeys
{
    public static IResult Handle(HttpContext http, [AsParameters] PageRequest page, KeyRing keys) => Paging.Answer(http, Paging.Slice(keys.All(), view => view.Id, page));
}
