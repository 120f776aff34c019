using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Oci.Registry;

/// <summary>A registry that takes uploads into memory, one at a time; a test may answer any request in its own way first.</summary>
internal sealed class UploadServer(ScriptedServer server) : IAsyncDisposable
{
    private readonly StringBuilder upload = new();

    /// <summary>Gives true when it has answered.</summary>
    public Func<HttpContext, Task<bool>> Instead { get; set; } = _ => Task.FromResult(false);

    /// <summary>What the first answer says about where to go on.</summary>
    public string Location { get; set; } = "/up/1?state=a%2Fb";

    public ConcurrentDictionary<string, string> Stored { get; } = new();

    public ScriptedServer Server => server;

    public IReadOnlyList<SeenRequest> Seen => server.Seen;

    public IEnumerable<string> Methods => Seen.Select(request => request.Method);

    public static async Task<UploadServer> StartAsync()
    {
        var server = await ScriptedServer.StartAsync();
        var uploads = new UploadServer(server);
        server.Script = uploads.AnswerAsync;
        return uploads;
    }

    public IEnumerable<SeenRequest> With(string method) => Seen.Where(request => request.Method == method);

    public ValueTask DisposeAsync() => server.DisposeAsync();

    public static string BodyOf(HttpContext http) => (string)http.Items[ScriptedServer.BodyItem]!;

    /// <summary>A blob of letters, and its descriptor.</summary>
    public static (Descriptor Descriptor, string Text) BlobOf(int length)
    {
        var text = string.Create(length, 0, (letters, _) =>
        {
            for (var i = 0; i < letters.Length; i++)
            {
                letters[i] = (char)('a' + (i * 7 % 26));
            }
        });
        return (Answers.BlobOf(Encoding.ASCII.GetBytes(text)), text);
    }

    public static BlobSource SourceOf(string text) =>
        (offset, length, _) => Task.FromResult<Stream>(new MemoryStream(Encoding.ASCII.GetBytes(text.Substring((int)offset, (int)length))));

    private async Task AnswerAsync(HttpContext http)
    {
        if (await Instead(http))
        {
            return;
        }

        var request = http.Request;
        var body = BodyOf(http);
        switch (request.Method)
        {
            case "POST":
                upload.Clear();
                await http.SendStatus(202, "", ("Location", Location));
                break;
            case "PATCH":
                await AppendAsync(http, body);
                break;
            case "GET" when request.Path == "/up/1":
                await http.SendStatus(204, "", ("Range", $"0-{Math.Max(0, upload.Length - 1)}"), ("Location", Location));
                break;
            case "PUT" when request.Query.ContainsKey("digest"):
                upload.Append(body);
                Stored[request.Query["digest"].ToString()] = upload.ToString();
                await http.SendStatus(201);
                break;
            case "PUT":
                Stored[request.Path.Value!.Split('/')[^1]] = body;
                await http.SendStatus(201, "", ("Docker-Content-Digest", Digest.Of(Encoding.UTF8.GetBytes(body)).ToString()));
                break;
            default:
                await http.SendStatus(404);
                break;
        }
    }

    private Task AppendAsync(HttpContext http, string body)
    {
        var begins = long.Parse(http.Request.Headers.ContentRange.ToString().Split('-')[0], CultureInfo.InvariantCulture);
        if (begins != upload.Length)
        {
            return http.SendStatus(416);
        }

        Keep(body);
        return http.SendStatus(202, "", ("Location", Location), ("Range", "0-0"));
    }

    /// <summary>Adds to the open upload.</summary>
    public void Keep(string bytes) => upload.Append(bytes);
}
