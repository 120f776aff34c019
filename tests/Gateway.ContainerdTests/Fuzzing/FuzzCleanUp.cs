using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>Removes all that requests have made, by the API alone: what it lets be made it must let be removed.</summary>
internal sealed class FuzzCleanUp(GatewayApi api)
{
    private readonly List<string> refused = [];

    /// <summary>What could not be removed; nothing when all is well.</summary>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        await EndJobsAsync();
        foreach (var webhook in await ListAsync("/v1/webhooks", "id"))
        {
            await DeleteAsync($"/v1/webhooks/{webhook}");
        }

        foreach (var name in await ListAsync("/v1/namespaces", "name"))
        {
            await EmptyAsync($"/v1/namespaces/{name}");
            await DeleteAsync($"/v1/namespaces/{name}");
        }

        return refused;
    }

    public async Task<string[]> ListAsync(string path, string key)
    {
        var (all, token) = (new List<string>(), (string?)null);
        do
        {
            var page = (await api.GetAsync($"{path}{(path.Contains('?') ? '&' : '?')}pageSize=1000{(token is null ? "" : $"&pageToken={token}")}")).Json;
            all.AddRange(page["items"]!.AsArray().Select(item => (string)item![key]!));
            token = (string?)page["nextPageToken"];
        }
        while (token is not null);

        return [.. all];
    }

    private async Task EndJobsAsync()
    {
        foreach (var job in (await ListAsync("/v1/jobs?state=queued", "id")).Concat(await ListAsync("/v1/jobs?state=running", "id")))
        {
            await api.PostAsync($"/v1/jobs/{job}/cancel");
            await api.EndOfAsync(job);
        }
    }

    private async Task EmptyAsync(string path)
    {
        foreach (var image in await ListAsync($"{path}/images", "name"))
        {
            await DeleteAsync($"{path}/images/{Uri.EscapeDataString(image)}");
        }

        foreach (var lease in await ListAsync($"{path}/leases", "id"))
        {
            await DeleteAsync($"{path}/leases/{Uri.EscapeDataString(lease)}?sync=true");
        }

        foreach (var ingest in await ListAsync($"{path}/ingests", "ref"))
        {
            await DeleteAsync($"{path}/ingests/{Uri.EscapeDataString(ingest)}");
        }

        foreach (var snapshotter in new[] { "overlayfs", "native" })
        {
            await EmptySnapshotterAsync($"{path}/snapshotters/{snapshotter}/snapshots");
        }

        foreach (var blob in await ListAsync($"{path}/content", "digest"))
        {
            await DeleteAsync($"{path}/content/{blob}?force=true");
        }
    }

    // Children go before their parents: as many rounds as the chain is long.
    private async Task EmptySnapshotterAsync(string path)
    {
        while (true)
        {
            var all = (await api.GetAsync($"{path}?pageSize=1000")).Json["items"]!.AsArray();
            var leaves = all.Where(snapshot => !all.Any(other => (string?)other!["parent"] == (string?)snapshot!["key"])).ToArray();
            if (leaves.Length is 0)
            {
                return;
            }

            foreach (var leaf in leaves)
            {
                if (!await DeleteAsync($"{path}/{Uri.EscapeDataString((string)leaf!["key"]!)}"))
                {
                    return;
                }
            }
        }
    }

    private async Task<bool> DeleteAsync(string path)
    {
        var answer = await api.SendAsync(HttpMethod.Delete, path);
        // What had lost its last holder may have been collected after it was listed.
        var isGone = answer.Status is HttpStatusCode.NoContent or HttpStatusCode.NotFound;
        if (!isGone)
        {
            refused.Add($"DELETE {path}: {(JsonNode.Parse(answer.Text) as JsonObject)?["detail"]}");
        }

        return isGone;
    }
}
