using Gateway.TestKit;

namespace Gateway.ContainerdTests.Audit;

/// <summary>The audit of real work, from the request to the end of its job.</summary>
public sealed class AuditedWorkTests(Nodes nodes)
{
    private readonly string password = Canary.New();

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Pull_is_an_intent_a_result_and_an_end_and_nothing_of_its_credentials(string version)
    {
        const string traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
        var containerd = (await nodes.NodeAsync(version)).Containerd;
        await using var containerdNamespace = containerd.NewNamespace("audit");
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var gateway = await GatewayProcess.StartBesideAsync(containerd.Address);
        var reference = registry.Add("acme/app:1", TestImage.Small(70));
        var path = $"/v1/namespaces/{containerdNamespace.Name}/images/pull";

        var started = await gateway.Api.PostAsync(path, new { reference, auth = new { username = "user", password } }, ("traceparent", $"00-{traceId}-b7ad6b7169203331-01"));
        var id = (string)started.Json["id"]!;
        Assert.Equal("succeeded", (string?)(await gateway.Api.EndOfAsync(id))["state"]);
        await Wait.UntilAsync(() => gateway.Records().Count is 3, "all is recorded");

        var records = gateway.Records().OrderBy(record => (string)record["kind"]! switch { "intent" => 0, "result" => 1, _ => 2 }).ToArray();
        Assert.Equal(["intent", "result", "end"], records.Select(record => (string?)record["kind"]));
        Assert.All(records, record => Assert.Equal((containerdNamespace.Name, "key:bootstrap", traceId), ((string?)record["namespace"], (string?)record["subject"], (string?)record["traceId"])));
        Assert.All(records[..2], record => Assert.Equal(
            ("pullImage", "POST", path, "127.0.0.1"), ((string?)record["operation"], (string?)record["method"], (string?)record["path"], (string?)record["from"])));
        Assert.Equal((id, 202, (long?)records[0]["sequence"]), ((string?)records[1]["job"], (int?)records[1]["status"], (long?)records[1]["intent"]));
        Assert.Equal((id, "image.pull", "succeeded"), ((string?)records[2]["job"], (string?)records[2]["jobKind"], (string?)records[2]["state"]));

        Assert.Equal(3, (await gateway.Api.GetAsync($"/v1/audit?namespace={containerdNamespace.Name}")).Json["items"]!.AsArray().Count);
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    [Fact]
    public async Task Records_go_to_the_log_and_over_otlp_with_their_hashes()
    {
        await using var otlp = await OtlpReceiver.StartAsync();
        var containerd = (await nodes.NodeAsync(Versions.Oldest)).Containerd;
        await using var containerdNamespace = containerd.NewNamespace("audit");
        await using var gateway = await GatewayProcess.StartBesideAsync(containerd.Address, new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] = otlp.Url + "/v1/logs",
            ["OTEL_EXPORTER_OTLP_LOGS_PROTOCOL"] = "http/protobuf",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
        });
        await gateway.Api.PostAsync($"/v1/namespaces/{containerdNamespace.Name}/leases", new { id = "kept", term = "1h" });
        await Wait.UntilAsync(() => gateway.Records().Count is 2, "the result is recorded");
        var hashes = gateway.Records().Select(record => (string)record["hash"]!).ToArray();

        await Wait.UntilAsync(() => hashes.All(hash => otlp.Raw.Any(export => export.Contains(hash, StringComparison.Ordinal))), "both records are exported");
        Assert.Contains(otlp.Logs, body => body.Contains("intent of createLease by key:bootstrap", StringComparison.Ordinal));
        var logged = gateway.LogEntries.Where(entry => (string?)entry["category"] is "Gateway.Audit").Select(entry => entry["fields"]!.AsObject()).ToArray();
        Assert.Equal(hashes, logged.Select(fields => (string)fields["hash"]!));
        Assert.Equal(["intent", "result"], logged.Select(fields => (string?)fields["kind"]));
    }

    [Fact]
    public async Task Command_verifies_a_running_gateways_chain_and_a_changed_one_refuses_the_start()
    {
        var containerd = (await nodes.NodeAsync(Versions.Oldest)).Containerd;
        await using var containerdNamespace = containerd.NewNamespace("audit");
        await using var gateway = await GatewayProcess.StartBesideAsync(containerd.Address);
        for (var i = 0; i < 3; i++)
        {
            await gateway.Api.PostAsync($"/v1/namespaces/{containerdNamespace.Name}/leases", new { id = $"kept-{i}", term = "1h" });
        }

        await Wait.UntilAsync(() => gateway.Records().Count is 6, "the results are recorded");
        var path = AuditFile.PathOf(gateway);
        var whole = await AuditFile.VerifyAsync(path);
        Assert.Equal((0, true), (whole.Exit, whole.Output.Contains("the chain is whole: 6 records in 1 files, 0 intents without a result", StringComparison.Ordinal)));

        Assert.Equal(0, await gateway.TerminateAsync());
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("kept-1", "kept-9", StringComparison.Ordinal).Replace("\"status\":201", "\"status\":409", StringComparison.Ordinal));
        var broken = await AuditFile.VerifyAsync(path);
        Assert.Equal((1, true), (broken.Exit, broken.Output.Contains("audit.jsonl, line 2: ", StringComparison.Ordinal)));
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(gateway.StartAsync);
        Assert.Contains("the audit is broken", refused.Message);
    }
}
