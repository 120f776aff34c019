using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Gateway.Audit;
using Gateway.TestKit;
using Gateway.Tests.Jobs;

namespace Gateway.Tests.Audit;

/// <summary>A job's end is what really became of the change that started it.</summary>
public sealed class AuditedJobsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Job_is_named_by_the_records_of_its_start_its_cancel_and_its_end()
    {
        await using var host = await AuditHost.StartAsync(folder);
        var id = await CancelOneAsync(host);

        var records = host.Records;
        var start = Assert.Single(records, record => record is { Kind: AuditKind.Result, Operation: "pruneImages" });
        Assert.Equal((id, 202, "team-a"), (start.Job, start.Status, start.Namespace));
        var cancel = records.Where(record => record.Operation is "cancelJob").ToArray();
        Assert.Equal([AuditKind.Intent, AuditKind.Result], cancel.Select(record => record.Kind));
        Assert.All(cancel, record => Assert.Equal((id, "team-a"), (record.Job, record.Namespace)));
        var end = Assert.Single(records, record => record.Kind is AuditKind.End);
        Assert.Equal((id, "image.prune", "canceled", "team-a", "key:bootstrap"), (end.Job, end.JobKind, end.State, end.Namespace, end.Subject));
        Assert.Equal(start.TraceId, end.TraceId);
        Assert.Equal(5, (await AuditHost.ListAsync(host.Client(), $"?job={id}&namespace=team-a")).Count + records.Count(record => record is { Kind: AuditKind.Intent, Operation: "pruneImages" }));
    }

    [Fact]
    public async Task End_that_a_kill_kept_from_being_recorded_is_recorded_at_the_next_start_once()
    {
        string id;
        await using (var host = await AuditHost.StartAsync(folder))
        {
            id = await CancelOneAsync(host);
        }

        var file = folder.File("audit.jsonl");
        var lines = await File.ReadAllLinesAsync(file);
        var end = lines.Single(line => line.Contains("\"kind\":\"end\"", StringComparison.Ordinal));
        await File.WriteAllLinesAsync(file, lines.TakeWhile(line => line != end));
        for (var start = 0; start < 2; start++)
        {
            await using var host = await AuditHost.StartAsync(folder);
            Assert.Equal(id, Assert.Single(host.Records, record => record.Kind is AuditKind.End).Job);
        }

        Assert.True(VerifyAuditCommand.Verify(file).IsWhole);
    }

    // With no containerd behind it the job waits for another attempt when it is canceled.
    private static async Task<string> CancelOneAsync(AuditHost host)
    {
        var client = host.Client();
        using var started = await AuditHost.ChangeAsync(client, HttpMethod.Post, "/v1/namespaces/team-a/images/prune", JsonContent.Create(new { }));
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        var id = (string)JsonNode.Parse(await started.Content.ReadAsStringAsync())!["id"]!;
        (await AuditHost.ChangeAsync(client, HttpMethod.Post, $"/v1/jobs/{id}/cancel")).Dispose();
        await Wait.UntilAsync(
            () => host.Records.Any(record => record.Kind is AuditKind.End) && host.Records.Count(record => record.Kind is AuditKind.Result) is 2, "the end and both results are recorded");
        return id;
    }
}
