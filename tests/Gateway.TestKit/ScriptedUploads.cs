using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gateway.TestKit;

/// <summary>The taking half of <see cref="ScriptedRegistry"/>: strict, as docker-registry is. A manifest that names what is not there is refused.</summary>
public sealed class ScriptedUploads
{
    private readonly ConcurrentDictionary<string, MemoryStream> open = new();
    private readonly ConcurrentDictionary<(string Repository, string Name), GoodAnswer> stored = new();

    /// <summary>Gives what stands under a tag or digest of a repository; null where nothing does.</summary>
    public GoodAnswer? Find(string repository, string name) => stored.GetValueOrDefault((repository, name));

    /// <summary>Names of all that stands in a repository.</summary>
    public IEnumerable<string> NamesIn(string repository) => stored.Keys.Where(key => key.Repository == repository).Select(key => key.Name);

    /// <summary>Answers a request of a push; false where it is none.</summary>
    /// <param name="serves">Whether the registry has a blob, by repository and digest, from elsewhere than a push.</param>
    internal async Task<bool> TakeAsync(HttpContext http, Func<string, string, bool> serves)
    {
        var path = http.Request.Path.Value!;
        var uploads = path.IndexOf("/blobs/uploads/", StringComparison.Ordinal);
        var manifests = path.LastIndexOf("/manifests/", StringComparison.Ordinal);
        if (uploads > 0)
        {
            await UploadAsync(http, path[4..uploads], path[(uploads + "/blobs/uploads/".Length)..], serves);
            return true;
        }

        if (manifests > 0 && HttpMethods.IsPut(http.Request.Method))
        {
            await PutManifestAsync(http, path[4..manifests], path[(manifests + "/manifests/".Length)..], serves);
            return true;
        }

        return false;
    }

    private Task UploadAsync(HttpContext http, string repository, string id, Func<string, string, bool> serves) => http.Request.Method switch
    {
        "POST" => BeginAsync(http, repository, serves),
        "PATCH" when open.ContainsKey(id) => AppendAsync(http, repository, id),
        "GET" when open.ContainsKey(id) => TellAsync(http, repository, id, StatusCodes.Status204NoContent),
        "PUT" when open.ContainsKey(id) => EndAsync(http, repository, id),
        _ => RefuseAsync(http, StatusCodes.Status404NotFound, "BLOB_UPLOAD_UNKNOWN"),
    };

    private Task BeginAsync(HttpContext http, string repository, Func<string, string, bool> serves)
    {
        var query = http.Request.Query;
        var (digest, from) = (query["mount"].ToString(), query["from"].ToString());
        if (digest.Length > 0 && (stored.ContainsKey((from, digest)) || serves(from, digest)))
        {
            stored[(repository, digest)] = stored.GetValueOrDefault((from, digest)) ?? new GoodAnswer("application/octet-stream", digest, []);
            http.Response.StatusCode = StatusCodes.Status201Created;
            http.Response.Headers.Location = $"/v2/{repository}/blobs/{digest}";
            return Task.CompletedTask;
        }

        var id = Guid.NewGuid().ToString("N");
        open[id] = new MemoryStream();
        return TellAsync(http, repository, id, StatusCodes.Status202Accepted);
    }

    private async Task AppendAsync(HttpContext http, string repository, string id)
    {
        var bytes = open[id];
        var begins = http.Request.Headers.ContentRange.ToString().Split('-')[0];
        if (begins.Length > 0 && long.Parse(begins, CultureInfo.InvariantCulture) != bytes.Length)
        {
            await TellAsync(http, repository, id, StatusCodes.Status416RangeNotSatisfiable);
            return;
        }

        // What came before a break stays, as in a real registry.
        await http.Request.Body.CopyToAsync(bytes, http.RequestAborted);
        await TellAsync(http, repository, id, StatusCodes.Status202Accepted);
    }

    private Task TellAsync(HttpContext http, string repository, string id, int status)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.Location = $"/v2/{repository}/blobs/uploads/{id}?state=a%2Fb";
        http.Response.Headers["Range"] = $"0-{Math.Max(0, open[id].Length - 1)}";
        return Task.CompletedTask;
    }

    private async Task EndAsync(HttpContext http, string repository, string id)
    {
        await http.Request.Body.CopyToAsync(open[id], http.RequestAborted);
        var (bytes, digest) = (open[id].ToArray(), http.Request.Query["digest"].ToString());
        if (Layer.Hash(bytes) != digest || http.Request.Query["state"] != "a/b")
        {
            await RefuseAsync(http, StatusCodes.Status400BadRequest, "DIGEST_INVALID");
            return;
        }

        open.TryRemove(id, out _);
        stored[(repository, digest)] = new GoodAnswer("application/octet-stream", digest, bytes);
        http.Response.Headers["Docker-Content-Digest"] = digest; // containerd's Transfer service insists on it
        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.Headers.Location = $"/v2/{repository}/blobs/{digest}";
    }

    private async Task PutManifestAsync(HttpContext http, string repository, string name, Func<string, string, bool> serves)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var digest = Layer.Hash(body.ToArray());
        if (ChildrenOf(body.ToArray()).Any(child => !stored.ContainsKey((repository, child)) && !serves(repository, child)))
        {
            await RefuseAsync(http, StatusCodes.Status404NotFound, "MANIFEST_BLOB_UNKNOWN");
            return;
        }

        if (name.Contains(':') && name != digest)
        {
            await RefuseAsync(http, StatusCodes.Status400BadRequest, "DIGEST_INVALID");
            return;
        }

        stored[(repository, name)] = stored[(repository, digest)] = new GoodAnswer(http.Request.ContentType!, digest, body.ToArray());
        http.Response.StatusCode = StatusCodes.Status201Created;
        http.Response.Headers["Docker-Content-Digest"] = digest;
    }

    private static IEnumerable<string> ChildrenOf(byte[] document)
    {
        var json = JsonNode.Parse(document)!;
        var layers = (json["layers"]?.AsArray() ?? []).Where(layer => layer!["urls"] is null);
        return layers.Concat(json["manifests"]?.AsArray() ?? []).Append(json["config"]).Where(child => child is not null).Select(child => (string)child!["digest"]!);
    }

    private static Task RefuseAsync(HttpContext http, int status, string code)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync($$"""{"errors":[{"code":"{{code}}","message":"refused by the test"}]}""", http.RequestAborted);
    }
}
