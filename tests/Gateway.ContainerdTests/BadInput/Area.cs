using System.Text.Json;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>
/// A namespace for the bad requests of one area. When the last was sent, what stood in it before must stand there unchanged and nothing else, the
/// gateway must serve, and its log must hold no defect.
/// </summary>
public class Area(Nodes nodes) : IAsyncLifetime
{
    private int logged;
    private string before = "";

    public Node Node { get; private set; } = null!;

    public string Name { get; } = nodes.NewName("bad");

    /// <summary>The namespace's path.</summary>
    public string Path => $"/v1/namespaces/{Name}";

    public async ValueTask InitializeAsync()
    {
        Node = await nodes.NodeAsync(Versions.Oldest);
        logged = Node.Gateway.Log.Length;
        await PrepareAsync();
        before = await StateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await using var space = new ContainerdNamespace(Node.Containerd, Name);
        Assert.Equal(before, await StateAsync());
        await ReleaseAsync();
        Assert.Empty(await space.ViolationsAsync());
        Assert.Equal(200, (int)(await Node.Api.GetAsync("/v1/node")).Status);
        Assert.DoesNotContain(Node.Gateway.Log[logged..].Split('\n'), line => line.Contains("LogDefect", StringComparison.Ordinal) || line.Contains("Unhandled exception", StringComparison.Ordinal));
    }

    /// <summary>Makes what the area's requests are about.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Takes away what would count as left behind.</summary>
    protected virtual Task ReleaseAsync() => Task.CompletedTask;

    /// <summary>Sends a request of the preparation, which must succeed.</summary>
    protected async Task<JsonElement> MakeAsync(string path, object body)
    {
        var answer = await Node.Api.PostAsync(Path + path, body);
        Assert.True((int)answer.Status is 200 or 201, answer.Text);
        return JsonDocument.Parse(answer.Text).RootElement;
    }

    protected Task RemoveAsync(string path) => Node.Api.SendAsync(HttpMethod.Delete, Path + path);

    // By the other door: what the daemon itself lists, once it has taken what nothing keeps.
    private async Task<string> StateAsync()
    {
        var ctr = Node.Ctr;
        await ctr.CollectAsync(Name);
        return JsonSerializer.Serialize(new
        {
            Leases = await ctr.LeasesAsync(Name),
            Images = await ctr.ImagesAsync(Name),
            Ingests = await ctr.IngestRefsAsync(Name),
            Labels = await ctr.LabelsAsync(Name),
            Snapshots = (await ctr.SnapshotsAsync(Name)).Select(snapshot => $"{snapshot.Key} {snapshot.Parent} {snapshot.Kind}"),
            Webhooks = (await Node.Api.GetAsync("/v1/webhooks")).Json["items"]!.AsArray().Count(webhook => (string?)webhook!["namespace"] == Name),
            Jobs = (await Node.Api.GetAsync($"/v1/jobs?namespace={Name}")).Json["items"]!.AsArray().Count,
        });
    }
}
