using System.Collections.Concurrent;
using System.Text;
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
    private const string TokenPath = "/token";
    private const string Token = "a-token-of-the-test";

    private static readonly GoodAnswer TokenAnswer = new("application/json", "", Encoding.UTF8.GetBytes($$"""{"token":"{{Token}}","access_token":"{{Token}}","expires_in":300}"""));

    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, TestImage> tags = new();

    private ScriptedRegistry(WebApplication app, bool wantsToken) => (this.app, WantsToken) = (app, wantsToken);

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>Gives true when it has answered itself. Null: serve well. Tried before <see cref="Faults"/>.</summary>
    public Func<HttpContext, Task<bool>>? Script { get; set; }

    /// <summary>The faults in store.</summary>
    public FaultScript Faults { get; } = new();

    /// <summary>Whether only those are served that show the token, which is at <c>/token</c> for anyone.</summary>
    public bool WantsToken { get; }

    /// <summary>What was pushed to it, and the uploads that are open.</summary>
    public ScriptedUploads Pushed { get; } = new();

    /// <summary>Bytes of answers' bodies by path, as far as they were sent.</summary>
    public ConcurrentDictionary<string, long> BytesServed { get; } = new();

    public string Host => new Uri(app.Urls.First()).Authority;

    public static async Task<ScriptedRegistry> StartAsync(bool wantsToken = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => (kestrel.Limits.MinResponseDataRate, kestrel.Limits.MaxRequestBodySize) = (null, null));
        var registry = new ScriptedRegistry(builder.Build(), wantsToken);
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
        var start = RangeStart(http);
        if (start >= bytes.Length)
        {
            http.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            return;
        }

        if (start is not null)
        {
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            http.Response.Headers.ContentRange = $"bytes {start}-{bytes.Length - 1}/{bytes.Length}";
        }

        http.Response.ContentLength = bytes.Length - (start ?? 0);
        await http.Response.Body.WriteAsync(bytes.AsMemory(start ?? 0), http.RequestAborted);
    }

    /// <summary>The first byte that <c>Range: bytes=N-</c> asks for; null without a range.</summary>
    internal static int? RangeStart(HttpContext http) => http.Request.Headers.Range.ToString() is { Length: > 0 } range
        ? int.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture)
        : null;

    /// <summary>Bytes of a blob that were sent, over all requests for it: its size, when it was fetched once.</summary>
    public long BytesServedOf(string digest) => BytesServed.Where(path => path.Key.EndsWith(digest, StringComparison.Ordinal)).Sum(path => path.Value);

    public byte[] Blob(string digest) => tags.Values.SelectMany(image => image.Blobs).First(blob => blob.Key == digest).Value;

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ServeAsync(HttpContext http)
    {
        var request = http.Request;
        Seen.Enqueue(new SeenRequest(request.Method, request.Path, request.QueryString.Value ?? "", request.Headers.Range, request.Headers.Authorization));
        http.Response.Body = new CountingStream(http.Response.Body, count => BytesServed.AddOrUpdate(request.Path, count, (_, before) => before + count));
        if (Script is { } script && await script(http))
        {
            return;
        }

        if (WantsToken && request.Path != TokenPath && request.Headers.Authorization != $"Bearer {Token}")
        {
            var scope = Split(request.Path.Value!) is { } part ? $",scope=\"repository:{part.Repository}:pull,push\"" : "";
            await TestKit.Faults.Challenge($"Bearer realm=\"http://{Host}{TokenPath}\",service=\"test\"{scope}")(http, TokenAnswer);
            return;
        }

        var good = WantsToken && request.Path == TokenPath ? TokenAnswer : Find(request.Path.Value!);
        await (Faults.For(request) is { } fault
            ? fault(http, (good ?? new GoodAnswer("application/octet-stream", "", [])) with { ServeAsync = () => ServeWellAsync(http, good) })
            : ServeWellAsync(http, good));
    }

    private async Task ServeWellAsync(HttpContext http, GoodAnswer? good)
    {
        if (!await Pushed.TakeAsync(http, (repository, digest) => Find($"/v2/{repository}/blobs/{digest}") is not null))
        {
            await AnswerAsync(http, good);
        }
    }

    private static async Task AnswerAsync(HttpContext http, GoodAnswer? good)
    {
        if (good is null)
        {
            http.Response.StatusCode = http.Request.Path == "/v2/" ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            return;
        }

        http.Response.ContentType = good.MediaType;
        http.Response.Headers["Docker-Content-Digest"] = good.Digest;
        if (HttpMethods.IsHead(http.Request.Method))
        {
            http.Response.ContentLength = good.Bytes.Length;
            return;
        }

        await WriteBlobAsync(http, good.Bytes);
    }

    private GoodAnswer? Find(string path)
    {
        if (Split(path) is not var (repository, kind, name))
        {
            return null;
        }

        return TryFind(repository, name, kind, out var mediaType, out var digest, out var bytes)
            ? new GoodAnswer(mediaType, digest, bytes)
            : Pushed.Find(repository, name);
    }

    // /v2/<repository>/manifests/<tag or digest> or /v2/<repository>/blobs/<digest>; a repository's name may hold slashes.
    private static (string Repository, string Kind, string Name)? Split(string path)
    {
        var (kind, at) = path.LastIndexOf("/manifests/", StringComparison.Ordinal) is > 0 and var manifests
            ? ("/manifests/", manifests)
            : ("/blobs/", path.LastIndexOf("/blobs/", StringComparison.Ordinal));
        return at < 4 ? null : (path[4..at], kind, path[(at + kind.Length)..]);
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
