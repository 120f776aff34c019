using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>getAccessKey.</summary>
internal static class GetAccessKey
{
    public static IResult Handle(HttpContext http, string key, AccessStore store, CurrentAuth auth, KeyUse use, TimeProvider time) =>
        Resource.Ok(http, KeyRing.View(key, store, auth, use, time));
}
