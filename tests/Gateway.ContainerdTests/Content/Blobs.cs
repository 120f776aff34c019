using System.Net.Http.Headers;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Content;

/// <summary>Bytes to put, and the ways to put and get them.</summary>
internal static class Blobs
{
    public static byte[] Random(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Stores bytes past the gateway, as a root of the garbage collector unless labels are given; gives the digest.</summary>
    public static async Task<string> PlantAsync(this ContainerdNamespace ns, byte[] bytes, params (string Key, string Value)[] labels)
    {
        await RawGrpc.PutBlobAsync(ns.Daemon.Address, ns.Name, bytes, labels is [] ? [("containerd.io/gc.root", "test")] : labels);
        return Layer.Hash(bytes);
    }

    public static string PathOf(string ns, string digest) => $"/v1/namespaces/{ns}/content/{digest}";

    public static Task<Answer> PutAsync(this Node node, string ns, string digest, byte[] bytes, string query = "", string? range = null)
    {
        var content = new ByteArrayContent(bytes);
        if (range is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Range", range);
        }

        return node.Api.SendAsync(HttpMethod.Put, PathOf(ns, digest) + query, content);
    }

    public static async Task<HttpResponseMessage> GetAsync(this Node node, HttpMethod method, string ns, string digest, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, PathOf(ns, digest));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await node.Api.Http.SendAsync(request);
    }

    public static Task<Answer> DeleteAsync(this Node node, string path, params (string, string)[] headers) => node.Api.SendAsync(HttpMethod.Delete, path, null, headers);

    public static Task<Answer> PatchAsync(this Node node, string path, object body, params (string, string)[] headers) =>
        node.Api.SendAsync(HttpMethod.Patch, path, System.Net.Http.Json.JsonContent.Create(body, mediaType: new MediaTypeHeaderValue("application/json")), headers);
}
