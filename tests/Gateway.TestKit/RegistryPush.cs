using System.Net.Http.Headers;

namespace Gateway.TestKit;

/// <summary>The distribution spec's push, in two requests a blob; written apart from the gateway's registry client.</summary>
internal static class RegistryPush
{
    /// <summary>Stores blobs, then manifests in their order, the top one under the tag. Gives the reference.</summary>
    public static async Task<string> PushAsync(
        HttpClient client,
        string host,
        string repository,
        IEnumerable<(string Digest, Func<HttpContent> Content)> blobs,
        IEnumerable<(string Digest, string MediaType, byte[] Bytes)> manifests,
        string top,
        AuthenticationHeaderValue? authorization)
    {
        var (path, tag) = repository.Split(':') is [var name, var named] ? (name, named) : (repository, "latest");
        foreach (var (digest, content) in blobs)
        {
            using var opened = await SendAsync(HttpMethod.Post, $"v2/{path}/blobs/uploads/", content: null);
            var location = opened.Headers.Location!.ToString();
            using var put = await SendAsync(HttpMethod.Put, $"{location}{(location.Contains('?') ? '&' : '?')}digest={digest}", content());
        }

        foreach (var (digest, mediaType, bytes) in manifests.OrderBy(manifest => manifest.Digest == top))
        {
            var content = new ByteArrayContent(bytes);
            content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
            using var put = await SendAsync(HttpMethod.Put, $"v2/{path}/manifests/{(digest == top ? tag : digest)}", content);
        }

        return $"{host}/{path}:{tag}";

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, HttpContent? content)
        {
            using var request = new HttpRequestMessage(method, url) { Content = content };
            request.Headers.Authorization = authorization;
            var answer = await client.SendAsync(request);
            return answer.IsSuccessStatusCode ? answer : throw new InvalidOperationException($"{method} {url}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }
}
