using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

/// <summary>The disk of the job store runs full under a running gateway.</summary>
public sealed class FullJobDiskTests(Nodes nodes)
{
    [Fact]
    public async Task Gateway_lives_through_it_answers_503_and_works_again_once_there_is_room()
    {
        var disk = Repo.NewFolder("jobs-disk");
        await ChildProcess.RunAsync("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk);
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

    private async Task RunFullAsync(string disk)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var containerdNamespace = node.Containerd.NewNamespace("full");
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var gateway = await GatewayProcess.StartBesideAsync(
            node.Containerd.Address, new Dictionary<string, string?> { ["Jobs__Database"] = Path.Combine(disk, "jobs.db"), ["Jobs__MaxRunning"] = "1" });
        var image = TestImage.Small(7);
        var gate = new Gate();
        registry.Faults.On(image.Layers[0].Digest, Faults.Stall(gate, afterBytes: 10));
        var running = (string)(await gateway.Api.StartPullAsync(containerdNamespace.Name, new { reference = registry.Add("acme/app:1", image) }))["id"]!;
        await gate.Arrived;

        var filler = Path.Combine(disk, "filler");
        Fill(filler);
        var (accepted, refused) = await SubmitUntilRefusedAsync(gateway.Api, containerdNamespace.Name, registry);
        Assert.Equal((503, "job_store_unavailable"), ((int)refused.Status, refused.Code));
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        await Wait.UntilAsync(async () => (int)(await gateway.Api.GetAsync("/healthz/ready")).Status is 503, "it is not ready");
        gate.Open();
        await Wait.UntilAsync(() => gateway.Log.Contains("could not be stored", StringComparison.Ordinal), "the end of the pull finds no room");
        Assert.Equal("running", (string?)(await gateway.Api.JobAsync(running))["state"]);

        File.Delete(filler);
        await Wait.UntilAsync(async () => (int)(await gateway.Api.GetAsync("/healthz/ready")).Status is 200, "it is ready again");
        foreach (var id in accepted.Append(running))
        {
            Assert.Equal("succeeded", (string?)(await gateway.Api.EndOfAsync(id))["state"]);
        }

        Assert.Equal("succeeded", (string?)(await gateway.Api.PullAsync(containerdNamespace.Name, new { reference = registry.Add("acme/later:1", image) }))["state"]);
        Assert.Equal(0, await gateway.TerminateAsync());
        Assert.True(File.Exists(Path.Combine(disk, "jobs.db.backup")));
        var ends = gateway.Log.Split('\n').Where(line => line.Contains("ended as", StringComparison.Ordinal)).ToList();
        Assert.All(accepted.Append(running), id => Assert.Single(ends, line => line.Contains(id, StringComparison.Ordinal)));
    }

    private static void Fill(string path)
    {
        using var file = File.Create(path);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>What still finds room in the files as they are is accepted, and kept.</summary>
    private static async Task<(List<string> Accepted, Answer Refused)> SubmitUntilRefusedAsync(GatewayApi api, string containerdNamespace, ScriptedRegistry registry)
    {
        var accepted = new List<string>();
        while (true)
        {
            var reference = registry.Add($"acme/more-{accepted.Count}:1", TestImage.Small(8));
            var answer = await api.PostAsync($"/v1/namespaces/{containerdNamespace}/images/pull", new { reference });
            if ((int)answer.Status is not 202)
            {
                return (accepted, answer);
            }

            accepted.Add((string)answer.Json["id"]!);
        }
    }
}
