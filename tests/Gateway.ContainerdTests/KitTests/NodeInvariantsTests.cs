using System.Text.Json.Nodes;
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
        await Wait.UntilAsync(async () => (await ViolationsAsync()).SequenceEqual(["1 shims are there for 0 tasks"]), "the shim is found");
    }

    [Theory]
    [InlineData("'running', 1, 1, NULL, NULL, 0", "job planted is running though nothing works on it")]
    [InlineData("'succeeded', 2, 1, 1, NULL, 0", "job planted has more attempts than owners")]
    [InlineData("'failed', 7, 8, 1, '{}', 0", "job planted has failed 6 times", 6)]
    [InlineData("'succeeded', 0, 1, 1, NULL, 0", "job planted succeeded without an attempt")]
    [InlineData("'failed', 1, 1, 1, NULL, 0", "job planted is failed without an error")]
    [InlineData("'canceled', 1, 1, 1, NULL, 1", "the clean-up of job planted is still to be done")]
    public async Task Row_that_cannot_be_is_found(string row, string violation, int failures = 5)
    {
        Write("INSERT INTO jobs (id, kind, namespace, subject, request, created_at, timeout, trace_parent, state, attempt, epoch, finished_at, error, cleanup_pending, failures) "
            + $"VALUES ('planted', 'k', '{Ns}', 's', '{{}}', 1, 1, 't', {row}, {failures})");
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

    [Theory]
    [InlineData("io.containerd.runtime.v2.task/planted/gone", "bundles")]
    [InlineData("fifo/1234", "folders of FIFOs")]
    public async Task What_a_task_that_is_gone_has_left_is_found(string left, string what)
    {
        Directory.CreateDirectory(Path.Combine(node.Containerd.State, left));
        Assert.Equal([$"1 {what} are there for 0 tasks"], await ViolationsAsync());
    }

    [Fact]
    public async Task Root_file_system_that_is_still_mounted_is_found()
    {
        var folder = Directory.CreateDirectory(Path.Combine(node.Containerd.State, "io.containerd.runtime.v2.task", "planted", "gone", "rootfs")).FullName;
        await ChildProcess.RunAsync("mount", "-t", "tmpfs", "tmpfs", folder);
        Assert.Equal(["1 bundles are there for 0 tasks", "1 mounts of root file systems are there for 0 tasks"], await ViolationsAsync());
    }

    // Threads: see the program's test.
    [Theory]
    [InlineData("my @f = map { open my $f, '<', '/dev/null'; $f } 1..20;", "open files")]
    [InlineData("my $n = 100 << 20; my $m = 'x' x $n;", "KiB of memory")]
    public async Task Process_that_has_grown_is_found(string growth, string what)
    {
        await using var process = ChildProcess.Start("/usr/bin/perl", ["-e", $"$| = 1; print qq(small\\n); sleep 1; {growth} print qq(grown\\n); sleep 60"]);
        await Wait.UntilAsync(() => process.Log.Contains("small", StringComparison.Ordinal), "it runs");
        var before = Footprint.Of(process.Id);
        Assert.Empty(before.GrowthOf(process.Id));
        await Wait.UntilAsync(() => process.Log.Contains("grown", StringComparison.Ordinal), "it has grown");
        Assert.Matches($"^process {process.Id} has [0-9]+ {what}, it had [0-9]+$", Assert.Single(await ViolationsAsync(footprints: new Dictionary<int, Footprint> { [process.Id] = before })));
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
    public async Task Queue_that_is_counted_wrong_is_found()
    {
        Write($"INSERT INTO flows VALUES ('{Ns}', 's', 2)");
        Assert.Equal(["2 jobs of s are counted as waiting"], await ViolationsAsync());
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

        await node.Ctr.RunAsync(Ns, "leases", "rm", "left");
        var footprints = Path.Combine(node.Gateway.Folder, "footprints");
        Assert.Equal((0, "[]"), await ProgramAsync("--footprints", footprints, "--processes", $"{node.Gateway.Id},{node.Containerd.Id}"));
        await File.WriteAllTextAsync(footprints, (await File.ReadAllTextAsync(footprints)).Replace("\"Threads\":", "\"Threads\":-", StringComparison.Ordinal));
        Assert.Contains("threads", (await ProgramAsync("--footprints", footprints)).Violations, StringComparison.Ordinal);
    }

    private async Task<(int Exit, string Violations)> ProgramAsync(params string[] more)
    {
        var (exit, output) = await ChildProcess.TryRunAsync("dotnet", ["exec", typeof(Invariants).Assembly.Location, "--ctr", "/usr/bin/ctr", "--state", node.Containerd.State,
            "--address", node.Containerd.Address, "--root", node.Containerd.Root, "--namespace", Ns, "--jobs", Path.Combine(node.Gateway.Folder, "jobs.db"), .. more]);
        return (exit, JsonNode.Parse(output)!["violations"]!.ToJsonString());
    }

    private Task<IReadOnlyList<string>> ViolationsAsync(string log = "", IReadOnlyDictionary<int, Footprint>? footprints = null) =>
        Invariants.CheckAsync(node.Containerd, Ns, traces: new NodeTraces(Path.Combine(node.Gateway.Folder, "jobs.db"), [Canary], log, Footprints: footprints));

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
