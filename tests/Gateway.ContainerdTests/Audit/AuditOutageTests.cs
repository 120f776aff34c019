using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Audit;

/// <summary>No audit, no change: the disk of the audit runs full, or the gateway dies in the midst of a change.</summary>
public sealed class AuditOutageTests(Nodes nodes)
{
    [Fact]
    public async Task Full_disk_refuses_changes_leaves_reads_and_loses_no_result_of_what_was_under_way()
    {
        var disk = Repo.NewFolder("audit-disk");
        await ChildProcess.RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
        try
        {
            await RunFullAsync(disk);
        }
        finally
        {
            await ChildProcess.RunAsync("umount", disk);
            Directory.Delete(disk);
        }
    }

    [Fact]
    public async Task Change_whose_gateway_was_killed_is_recorded_as_interrupted_at_the_next_start()
    {
        var containerd = (await nodes.NodeAsync(Versions.Oldest)).Containerd;
        await using var containerdNamespace = containerd.NewNamespace("audit");
        await using var gateway = await GatewayProcess.StartBesideAsync(containerd.Address);
        using var upload = await HalfUpload.StartAsync(gateway.Api, containerdNamespace.Name);
        await Wait.UntilAsync(() => gateway.Records().Any(record => record.Is("intent", "putContent")), "the upload has begun");
        await gateway.KillAsync();
        await upload.BreakAsync();
        await gateway.StartAsync();

        var records = gateway.Records();
        Assert.Equal(["intent", "interrupted"], records.Select(record => (string?)record["kind"]));
        Assert.Equal(((long?)records[0]["sequence"], containerdNamespace.Name, "putContent"), ((long?)records[1]["intent"], (string?)records[1]["namespace"], (string?)records[1]["operation"]));
        Assert.Equal(0, (await AuditFile.VerifyAsync(AuditFile.PathOf(gateway))).Exit);
        Assert.Equal("interrupted", (string?)(await gateway.Api.GetAsync("/v1/audit")).Json["items"]![0]!["kind"]);
    }

    private async Task RunFullAsync(string disk)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var containerdNamespace = node.Containerd.NewNamespace("audit");
        var path = Path.Combine(disk, "audit.jsonl");
        await using var gateway = await GatewayProcess.StartBesideAsync(node.Containerd.Address, new Dictionary<string, string?> { ["Audit__File"] = path });
        using var upload = await HalfUpload.StartAsync(gateway.Api, containerdNamespace.Name);
        await Wait.UntilAsync(() => AuditFile.Records(path).Any(record => record.Is("intent", "putContent")), "the upload has begun");
        var filler = Path.Combine(disk, "filler");
        Fill(filler);
        // What the file has of its last page is room all the same.
        await Wait.UntilAsync(async () => (await gateway.Api.PostAsync("/v1/namespaces", new { })).Code is "audit_unavailable", "the last page is full");
        await RefusedAsync(gateway.Api, nodes.NewName("refused"));

        Assert.Equal(HttpStatusCode.Created, await upload.FinishAsync());
        await Wait.UntilAsync(() => gateway.Log.Contains("no change is begun until it can be", StringComparison.Ordinal), "the log tells it");
        await RefusedAsync(gateway.Api, nodes.NewName("refused"));
        Assert.DoesNotContain(AuditFile.Records(path), record => record.Is("result", "putContent"));
        Assert.Equal(HttpStatusCode.OK, (await gateway.Api.GetAsync($"/v1/namespaces/{containerdNamespace.Name}/content/{HalfUpload.Digest}")).Status);

        File.Delete(filler);
        await Wait.UntilAsync(() => AuditFile.Records(path).Any(record => record.Is("result", "putContent")), "what was owed is written by itself");
        var name = nodes.NewName("taken");
        Assert.Equal(HttpStatusCode.Created, (await gateway.Api.PostAsync("/v1/namespaces", new { name })).Status);
        Assert.Contains(name, await node.Ctr.NamespacesAsync());
        await node.Ctr.RunAsync("default", "namespaces", "rm", name);
        Assert.Equal(0, await gateway.TerminateAsync());
        Assert.Single(AuditFile.Records(path), record => record.Is("result", "putContent"));
        Assert.Equal([400, 201], AuditFile.Records(path).Where(record => record.Is("result", "createNamespace")).Select(record => (int)record["status"]!).Distinct());
        Assert.Contains("0 intents without a result", (await AuditFile.VerifyAsync(path)).Output);

        async Task RefusedAsync(GatewayApi api, string refused)
        {
            var answer = await api.PostAsync("/v1/namespaces", new { name = refused });
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "audit_unavailable", true), (answer.Status, answer.Code, answer.Headers.RetryAfter!.Delta > TimeSpan.Zero));
            Assert.DoesNotContain(refused, await node.Ctr.NamespacesAsync());
        }
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[512]);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
