using Gateway.Http;
using Gateway.Images.Reading;

namespace Gateway.Images;

/// <summary>getImage: one image with all that is known of its platforms.</summary>
internal static class GetImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string reference, ImageCatalog catalog, ImageInspector inspector, CancellationToken cancel)
    {
        var memory = await catalog.OpenAsync(@namespace, cancel);
        var key = new AnswerKey(reference, "");
        if (memory.Find(key) is not { } answer)
        {
            var image = await ImageNames.RequireAsync(memory.Reading, PathText.Decode(reference), cancel);
            var (bytes, etag) = Resource.Represent(await inspector.InspectAsync(memory.Reading, image, cancel));
            answer = new KeptAnswer(bytes, etag);
            catalog.Keep(memory, key, answer);
        }

        return Resource.Ok(http, answer.Body, answer.Header!);
    }
}
