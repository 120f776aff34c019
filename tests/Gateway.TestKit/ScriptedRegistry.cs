using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.TestKit;

/// <summary>A request a registry saw.</summary>
public sealed record SeenRequest(string Method, string Path, string Query, string? Range, string? Authorization);

/// <summary>
/// A registry that serves images from memory, and misbehaves on command: a script sees each request first, and may answer it in its own way.
/// </summary>
public sealed class ScriptedRegistry : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, TestImage> tags = new();

    private ScriptedRegistry(WebApplication app) => this.app = app;

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>Gives true when it has answered itself. Null: serve well.</summary>
    public Func<HttpContext, Task<bool>>? Script { get; set; }

    public string Host => new Uri(app.Urls.First()).Authority;

    public static async Task<ScriptedRegistry> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = null);
        var registry = new ScriptedRegistry(builder.Build());
        registry.app.Run(registry.ServeAsync);
        await registry.app.StartAsync();
        return registry;
    }

    /// <summary>Serves the image; gives its reference.</summary>
    public string Add(string repository, TestImage image)
    {
        tags[repository] = image;
        return $"{Host}/{repository}";
    }

    public int Count(string pathPart, string method = "GET") =>
        Seen.Count(request => request.Method == method && request.Path.Contains(pathPart, StringComparison.Ordinal));

    /// <summary>Serves a blob's bytes as a well-behaved registry would, ranges included.</summary>
    public static async Task WriteBlobAsync(HttpContext http, byte[] bytes)
    {
        var from = 0;
        if (http.Request.Headers.Range.ToString() is { Length: > 0 } range)
        {
            from = int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture);
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        }

        http.Response.ContentLength = bytes.Length - from;
        await http.Response.Body.WriteAsync(bytes.AsMemory(from), http.RequestAborted);
    }

    public byte[] Blob(string digest) => tags.Values.SelectMany(image => image.Blobs).First(blob => blob.Key == digest).Value;

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ServeAsync(HttpContext http)
    {
        var request = http.Request;
        Seen.Enqueue(new SeenRequest(request.Method, request.Path, request.QueryString.Value ?? "", request.Headers.Range, request.Headers.Authorization));
        if (Script is { } script && await script(http))
        {
            return;
        }

        var path = request.Path.Value!;
        var (kind, at) = path.LastIndexOf("/manifests/", StringComparison.Ordinal) is > 0 and var m ? ("/manifests/", m) : ("/blobs/", path.LastIndexOf("/blobs/", StringComparison.Ordinal));
        if (at < 4 || !TryFind(path[4..at], path[(at + kind.Length)..], kind, out var mediaType, out var digest, out var bytes))
        {
            http.Response.StatusCode = path is "/v2/" ? 200 : 404;
            return;
        }

        http.Response.ContentType = mediaType;
        http.Response.Headers["Docker-Content-Digest"] = digest;
        if (HttpMethods.IsHead(request.Method))
        {
            http.Response.ContentLength = bytes.Length;
            return;
        }

        await WriteBlobAsync(http, bytes);
    }

    private bool TryFind(string repository, string name, string kind, out string mediaType, out string digest, out byte[] bytes)
    {
        (mediaType, digest, bytes) = ("application/octet-stream", name, []);
        if (kind is "/blobs/")
        {
            return tags.Where(tag => tag.Key.Split(':')[0] == repository).Any(tag => tag.Value.Blobs.ContainsKey(name)) && (bytes = Blob(name)) is not null;
        }

        if (!name.Contains(':'))
        {
            if (!tags.TryGetValue($"{repository}:{name}", out var tagged))
            {
                return false;
            }

            digest = tagged.Digest;
        }

        var wanted = digest;
        var found = tags.Where(tag => tag.Key.Split(':')[0] == repository).SelectMany(tag => tag.Value.Manifests).FirstOrDefault(manifest => manifest.Key == wanted);
        (mediaType, bytes) = found.Key is null ? (mediaType, bytes) : found.Value;
        return found.Key is not null;
    }
}
