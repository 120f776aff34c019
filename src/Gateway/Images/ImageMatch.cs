using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>If-Match of an image: its tag is that of all that is known of it, which is only looked up where the header is there.</summary>
internal static class ImageMatch
{
    public static async Task RequireAsync(HttpContext http, ImageInspector inspector, NamespacedClient client, Image image, CancellationToken cancel)
    {
        if (http.Request.Headers.IfMatch.Count > 0)
        {
            Resource.RequireMatch(http, await inspector.InspectAsync(client, image, cancel));
        }
    }
}
