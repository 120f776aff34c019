using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

/// <summary>Imports and exports as a user's program makes them.</summary>
internal static class ArchiveCalls
{
    public static Task<Answer> ImportAnswerAsync(this GatewayApi api, string containerdNamespace, byte[] archive, string query = "", string mediaType = "application/x-tar")
    {
        var body = new ByteArrayContent(archive);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{containerdNamespace}/images/import?{query}", body);
    }

    /// <summary>Imports to the end; gives the job's result.</summary>
    public static async Task<JsonObject> ImportAsync(this GatewayApi api, string containerdNamespace, byte[] archive, string query = "")
    {
        var answer = await api.ImportAnswerAsync(containerdNamespace, archive, query);
        Assert.True((int)answer.Status is 202, answer.Text);
        var job = await api.EndOfAsync((string)answer.Json["id"]!);
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        Assert.Equal(100, (double)job["progress"]!["percent"]!);
        return job["result"]!.AsObject();
    }

    public static async Task<byte[]> ExportAsync(this GatewayApi api, string containerdNamespace, params string[] references)
    {
        using var answer = await api.Http.GetAsync(ExportPath(containerdNamespace, references));
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.True((int)answer.StatusCode is 200, System.Text.Encoding.UTF8.GetString(bytes));
        Assert.Equal("application/x-tar", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
        return bytes;
    }

    public static string ExportPath(string containerdNamespace, params string[] references) =>
        $"/v1/namespaces/{containerdNamespace}/images/export?" + string.Join('&', references.Select(reference => reference.StartsWith("platform=", StringComparison.Ordinal) ? reference : "reference=" + Uri.EscapeDataString(reference)));
}
