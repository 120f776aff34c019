using System.Text.Json.Nodes;
using Gateway.ContainerdTests.Survival;
using Gateway.TestKit;
using Microsoft.Data.Sqlite;

namespace Gateway.ContainerdTests.KitTests;

/// <summary>The invariants of a node as a whole must be able to fail too.</summary>
public sealed class NodeInvariantsTests : IAsyncLifetime
{
    private const string Ns = "planted";
    private const string Canary = "canary-secret-of-a-caller";
    private Node node = null!;

    public async ValueTask InitializeAsync() => node = await Node.StartAsync(Versions.Oldest);

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task Idle_node_violates_nothing() => Assert.Empty(await ViolationsAsync());

    [Fact]
    public async Task Folder_of_a_snapshot_without_a_record_is_found()
    {
        Directory.CreateDirectory(Path.Combine(node.Containerd.Root, "io.containerd.snapshotter.v1.overlayfs", "snapshots", "999", "fs"));
        Assert.Equal(["1 snapshots are on disk, 0 in the records"], await ViolationsAsync());
    }

    [Fact]
    public async Task Mount_that_is_left_is_found()
    {
        var folder = Directory.CreateDirectory(Path.Combine(node.Containerd.Root, "tmpmounts", "left")).FullName;
        await ChildProcess.RunAsync("mount", "-t", "tmpfs", "tmpfs", folder);
        Assert.Equal([$"{folder} is still mounted"], await ViolationsAsync());
    }

    [Fact]
    public async Task Shim_without_a_task_is_found()
    {
        await using var shim = ChildProcess.Start("sh", ["-c", "sleep 60 & wait", "containerd-shim-runc-v2", "-address", node.Containerd.Address]);
        await Wait.UntilAsync(async () => (await ViolationsAsync()).SequenceEqual(["1 shims run for 0 tasks"]), "the shim is found");
    }

    [Theory]
    [InlineData("'running', 1, 1, NULL, NULL, 0", "job planted is running though nothing works on it")]
    [InlineData("'succeeded', 2, 1, 1, NULL, 0", "job planted has more attempts than owners")]
    [InlineData("'succeeded', 0, 1, 1, NULL, 0", "job planted succeeded without an attempt")]
    [InlineData("'failed', 1, 1, 1, NULL, 0", "job planted is failed without an error")]
    [InlineData("'canceled', 1, 1, 1, NULL, 1", "the clean-up of job planted is still to be done")]
    public async Task Row_that_cannot_be_is_found(string row, string violation)
    {
        Write("INSERT INTO jobs (id, kind, namespace, subject, request, created_at, timeout, trace_parent, state, attempt, epoch, finished_at, error, cleanup_pending) "
            + $"VALUES ('planted', 'k', '{Ns}', 's', '{{}}', 1, 1, 't', {row})");
        Assert.Equal([violation], await ViolationsAsync());
    }

    [Fact]
    public async Task Damaged_index_of_the_store_is_found()
    {
        await node.Gateway.TerminateAsync();
        var file = Path.Combine(node.Gateway.Folder, "jobs.db");
        long page, size;
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE); SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'idempotency_age'";
            using var reader = command.ExecuteReader();
            Assert.True(reader.NextResult() && reader.Read());
            (page, size) = (reader.GetInt64(0), reader.GetInt64(1));
        }

        await using (var damage = File.OpenWrite(file))
        {
            damage.Position = (page - 1) * size;
            await damage.WriteAsync(new byte[64]);
        }

        Assert.StartsWith("the job store is damaged: ", Assert.Single(await ViolationsAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_that_stays_open_is_counted()
    {
        await using var few = ChildProcess.Start("sh", ["-c", "echo ready; exec sleep 60"]);
        await using var more = ChildProcess.Start("sh", ["-c", "exec 5</dev/null 6</dev/null 7</dev/null; echo ready; exec sleep 60"]);
        await Wait.UntilAsync(() => few.Log.Contains("ready", StringComparison.Ordinal) && more.Log.Contains("ready", StringComparison.Ordinal), "both run");
        Assert.Equal(Campaign.OpenFiles(few.Id) + 3, Campaign.OpenFiles(more.Id));
    }

    [Fact]
    public async Task Ingest_that_is_only_on_disk_is_found()
    {
        var folder = Directory.CreateDirectory(Path.Combine(node.Containerd.ContentStore, "ingest", "planted")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "ref"), $"{Ns}/7/planted");
        Assert.Equal([$"the data of an ingest of {Ns} is left on disk"], await ViolationsAsync());
    }

    [Fact]
    public async Task Credentials_that_a_job_still_has_are_found()
    {
        Write("INSERT INTO jobs (id, kind, namespace, subject, request, created_at, timeout, trace_parent, state, attempt, epoch, secret) "
            + $"VALUES ('planted', 'k', '{Ns}', 's', '{{}}', 1, 1, 't', 'queued', 1, 1, x'00')");
        Assert.Contains("job planted keeps its credentials", await ViolationsAsync());
    }

    [Fact]
    public async Task Key_without_an_answer_is_found()
    {
        Write("INSERT INTO idempotency (subject, key, fingerprint, created_at) VALUES ('s', 'k', x'00', 1)");
        Assert.Equal(["an Idempotency-Key was given no answer"], await ViolationsAsync());
    }

    [Fact]
    public async Task Secret_in_the_store_and_in_the_log_is_found()
    {
        Write($"INSERT INTO idempotency (subject, key, fingerprint, created_at, status, headers) VALUES ('s', 'k', x'00', 1, 201, '{Canary}')");
        var encoded = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Canary));
        Assert.Equal(["a secret stands in jobs.db-wal", "a secret stands in the log"], (await ViolationsAsync($"said {encoded}")).Order());
    }

    [Fact]
    public async Task Program_says_on_one_line_what_is_violated()
    {
        Assert.Equal((0, "[]"), await ProgramAsync());
        await node.Ctr.RunAsync(Ns, "leases", "create", "--id", "left");
        Assert.Equal((1, """["lease left is left"]"""), await ProgramAsync());
    }

    private async Task<(int Exit, string Violations)> ProgramAsync()
    {
        var (exit, output) = await ChildProcess.TryRunAsync("dotnet", "exec", typeof(Invariants).Assembly.Location, "--ctr", "/usr/bin/ctr",
            "--address", node.Containerd.Address, "--root", node.Containerd.Root, "--namespace", Ns, "--jobs", Path.Combine(node.Gateway.Folder, "jobs.db"));
        return (exit, JsonNode.Parse(output)!["violations"]!.ToJsonString());
    }

    private Task<IReadOnlyList<string>> ViolationsAsync(string log = "") =>
        Invariants.CheckAsync(node.Containerd, Ns, traces: new NodeTraces(Path.Combine(node.Gateway.Folder, "jobs.db"), [Canary], log));

    // The triggers of the store call the gateway's function; what it gives does not matter here.
    private void Write(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={node.Gateway.Folder}/jobs.db;Pooling=False");
        connection.CreateFunction("row_check", (object?[] _) => 0L);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
