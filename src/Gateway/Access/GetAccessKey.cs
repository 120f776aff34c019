using Gateway.Http;

namespace Gateway.Access;

/// <summary>getAccessKey.</summary>
internal static class GetAccessKey
{
    public static IResult Handle(HttpContext http, string key, KeyRing keys) => Resource.Ok(http, keys.Find(key));
}
