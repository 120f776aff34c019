using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.TestKit;

/// <summary>An answer: status, headers and JSON.</summary>
public sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, string? MediaType, string Text)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    public string? Code => (string?)Json["code"];
}

/// <summary>Speaks HTTP to the gateway as a user's program does.</summary>
public sealed class GatewayApi(Uri url, string? key) : IDisposable
{
    private static readonly string[] Final = ["succeeded", "failed", "canceled"];

    public HttpClient Http { get; } = Client(url, key);

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path, object? body = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body), headers);

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Canary.ThrowIfAny(Canary.Given($"{answer.Headers}{text}"));
        return new Answer(answer.StatusCode, answer.Headers, answer.Content.Headers.ContentType?.MediaType, text);
    }

    /// <summary>Starts a pull; gives the job.</summary>
    public async Task<JsonObject> StartPullAsync(string containerdNamespace, object request)
    {
        var answer = await PostAsync($"/v1/namespaces/{containerdNamespace}/images/pull", request);
        return answer.Status is HttpStatusCode.Accepted ? answer.Json : throw new InvalidOperationException($"{answer.Status}: {answer.Text}");
    }

    /// <summary>Pulls to the end; gives the finished job.</summary>
    public async Task<JsonObject> PullAsync(string containerdNamespace, object request) => await EndOfAsync((string)(await StartPullAsync(containerdNamespace, request))["id"]!);

    /// <summary>Starts a push; gives the job.</summary>
    public async Task<JsonObject> StartPushAsync(string containerdNamespace, object request)
    {
        var answer = await PostAsync($"/v1/namespaces/{containerdNamespace}/images/push", request);
        return answer.Status is HttpStatusCode.Accepted ? answer.Json : throw new InvalidOperationException($"{answer.Status}: {answer.Text}");
    }

    /// <summary>Pushes to the end; gives the finished job.</summary>
    public async Task<JsonObject> PushAsync(string containerdNamespace, object request) => await EndOfAsync((string)(await StartPushAsync(containerdNamespace, request))["id"]!);

    public async Task<JsonObject> JobAsync(string id) => (await GetAsync($"/v1/jobs/{id}")).Json;

    public async Task<JsonObject> EndOfAsync(string id, int seconds = 120)
    {
        var job = new JsonObject();
        await Wait.UntilAsync(async () =>
        {
            job = (await GetAsync($"/v1/jobs/{id}?wait=5s")).Json;
            return Final.Contains((string?)job["state"]);
        }, $"job {id} ends", seconds);
        return job;
    }

    /// <summary>The events of a job until its last.</summary>
    public async IAsyncEnumerable<(string Id, string Event, JsonObject Job)> EventsAsync(string id, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/jobs/{id}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using var answer = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var (eventId, name, data) = ("", "", "");
        while (await reader.ReadLineAsync() is { } line)
        {
            switch (line.Split(": ", 2))
            {
                case ["id", var value]:
                    eventId = value;
                    break;
                case ["event", var value]:
                    name = value;
                    break;
                case ["data", var value]:
                    data = value;
                    break;
                case [""] when data.Length > 0:
                    yield return (eventId, name, JsonSerializer.Deserialize<JsonObject>(data)!);
                    data = "";
                    break;
            }
        }
    }

    public void Dispose() => Http.Dispose();

    private static HttpClient Client(Uri url, string? key)
    {
        var client = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(3) };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return client;
    }
}
