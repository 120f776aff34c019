using System.Runtime.Versioning;
using Dapper;
using Gateway.Jobs;
using Microsoft.Data.Sqlite;

namespace Gateway.Tests.Jobs.Store;

[SupportedOSPlatform("linux")]
public sealed class JobDatabaseTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Folder_and_files_are_their_owners_alone()
    {
        var path = Path.Combine(folder.Path, "state", "gateway", "jobs.db");
        using var database = JobDatabase.Open(path);
        await FillAsync(database);
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
        var files = Directory.GetFiles(Path.GetDirectoryName(path)!);
        Assert.Contains($"{path}-wal", files);
        Assert.All(files, file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_commit_reaches_the_disk_before_it_returns_and_deleted_bytes_are_overwritten()
    {
        using var database = JobDatabase.Open(folder.Database);
        var settings = await database.WriteAsync(
            connection => new[] { "journal_mode", "synchronous", "secure_delete", "foreign_keys" }
                .Select(name => connection.ExecuteScalar<string>($"PRAGMA {name}")).ToArray(),
            TestClock.Limit());
        Assert.Equal(["wal", "2", "1", "1"], settings);
    }

    [Fact]
    public void The_id_of_a_node_lives_as_long_as_its_store_and_is_no_other_s()
    {
        using var other = new TempFolder();
        var ids = new[] { folder, folder, other }.Select(at =>
        {
            using var database = JobDatabase.Open(at.Database);
            return new JobQueries(database).NodeId();
        }).ToArray();
        Assert.Matches("^[0-9a-f]{32}$", ids[0]);
        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[0], ids[2]);
    }

    [Fact]
    public void A_second_gateway_on_the_same_store_is_refused_until_the_first_has_gone()
    {
        using (JobDatabase.Open(folder.Database))
        {
            var refused = Assert.Throws<JobStoreException>(() => JobDatabase.Open(folder.Database));
            Assert.Equal(JobStoreFault.InUse, refused.Fault);
            Assert.Contains("in use by another gateway", refused.Message, StringComparison.Ordinal);
        }

        JobDatabase.Open(folder.Database).Dispose();
    }

    [Fact]
    public void The_lock_holds_against_another_process()
    {
        using var database = JobDatabase.Open(folder.Database);
        using var flock = System.Diagnostics.Process.Start("flock", ["--nonblock", $"{folder.Database}.lock", "true"]);
        flock.WaitForExit();
        Assert.Equal(1, flock.ExitCode);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_and_left_as_it_is()
    {
        var garbage = Enumerable.Repeat((byte)'x', 8192).ToArray();
        File.WriteAllBytes(folder.Database, garbage);
        AssertRefused(JobStoreFault.Damaged);
        Assert.Equal(garbage, File.ReadAllBytes(folder.Database));
    }

    [Fact]
    public async Task A_database_with_broken_pages_is_refused()
    {
        using (var database = JobDatabase.Open(folder.Database))
        {
            for (var i = 0; i < 50; i++)
            {
                await FillAsync(database);
            }
        }

        using (var file = new FileStream(folder.Database, FileMode.Open))
        {
            // Page 1 stays: the header is whole, and the tables behind it are not.
            file.Position = 4096;
            file.Write(Enumerable.Repeat((byte)0xa5, (int)file.Length - 4096).ToArray());
        }

        AssertRefused(JobStoreFault.Damaged);
    }

    [Theory]
    [InlineData("UPDATE jobs SET check_value = check_value + 1 WHERE id = 'a'", "1 rows of jobs")]
    [InlineData("DROP TRIGGER jobs_updated; UPDATE jobs SET created_at = 5; CREATE TRIGGER jobs_updated AFTER UPDATE ON jobs BEGIN SELECT 1; END", "schema")]
    [InlineData("UPDATE node SET check_value = NULL", "1 rows of node")]
    [InlineData("DELETE FROM node", "schema")]
    public async Task A_row_that_is_not_as_it_was_written_is_refused(string damage, string said)
    {
        using (var database = JobDatabase.Open(folder.Database))
        {
            await database.WriteAsync(connection => Insert(connection, "a") + Insert(connection, "b"), TestClock.Limit());
            await database.WriteAsync(connection => connection.Execute("UPDATE jobs SET state = 'failed', finished_at = 1"), TestClock.Limit());
        }

        using (var database = JobDatabase.Open(folder.Database))
        {
            await database.WriteAsync(connection => connection.Execute(damage), TestClock.Limit());
        }

        Assert.Contains(said, AssertRefused(JobStoreFault.Damaged).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_jobs_are_checked_in_the_blink_of_an_eye()
    {
        using (var database = JobDatabase.Open(folder.Database))
        {
            await database.WriteAsync(connection => connection.Execute(
                """
                WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
                INSERT INTO jobs (id, kind, namespace, subject, request, state, created_at, finished_at, timeout, trace_parent, result, progress)
                SELECT printf('%026d', n), 'image.pull', 'team-a', 'key:alice', '{"reference":"docker.io/library/alpine:3.20"}', 'succeeded', n, n, 1000,
                  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', printf('{"digest":"sha256:%064d"}', n), hex(zeroblob(400))
                FROM numbers
                """), TestClock.Limit());
        }

        var watch = System.Diagnostics.Stopwatch.StartNew();
        JobDatabase.Open(folder.Database).Dispose();
        TestContext.Current.TestOutputHelper?.WriteLine($"opened in {watch.ElapsedMilliseconds} ms, {new FileInfo(folder.Database).Length >> 20} MiB");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3)); // under 0.5 s where nothing else runs
    }

    [Fact]
    public void A_refused_start_lets_go_of_the_lock()
    {
        File.WriteAllText(folder.Database, new string('x', 4096));
        AssertRefused(JobStoreFault.Damaged);
        File.Delete(folder.Database);
        JobDatabase.Open(folder.Database).Dispose();
    }

    [Fact]
    public async Task A_store_of_a_newer_gateway_is_refused()
    {
        using (var database = JobDatabase.Open(folder.Database))
        {
            await database.WriteAsync(connection => connection.Execute("PRAGMA user_version = 999"), TestClock.Limit());
        }

        AssertRefused(JobStoreFault.TooNew);
    }

    [Fact]
    public void A_path_below_a_file_is_refused()
    {
        File.WriteAllText(folder.File("file"), "");
        Assert.Equal(JobStoreFault.NotWritable, Assert.Throws<JobStoreException>(() => JobDatabase.Open(folder.File("file/jobs.db"))).Fault);
    }

    [Fact]
    public async Task A_failed_write_leaves_nothing_and_the_next_one_works()
    {
        using var database = JobDatabase.Open(folder.Database);
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync<int>(
            connection =>
            {
                Insert(connection, "half");
                throw new InvalidOperationException("in the middle");
            },
            TestClock.Limit()));
        await FillAsync(database);
        Assert.Equal(1, database.Read(connection => connection.ExecuteScalar<int>("SELECT count(*) FROM jobs")));
    }

    [Fact]
    public async Task Of_transactions_that_wait_together_each_succeeds_or_fails_alone()
    {
        using var database = JobDatabase.Open(folder.Database);
        using var leaving = new CancellationTokenSource();
        var (begun, go) = (new TaskCompletionSource(), new ManualResetEventSlim());
        var first = Task.Run(() => database.WriteAsync(
            connection =>
            {
                begun.SetResult();
                go.Wait(TestClock.Limit());
                return Insert(connection, "first");
            },
            TestClock.Limit()));
        await begun.Task.WaitAsync(TestClock.Limit());
        var good = database.WriteAsync(connection => Insert(connection, "good"), TestClock.Limit());
        var bad = database.WriteAsync<int>(connection => throw new InvalidOperationException($"after {Insert(connection, "bad")}"), TestClock.Limit());
        var gone = database.WriteAsync(connection => Insert(connection, "gone"), leaving.Token);
        var twice = database.WriteAsync(connection => Insert(connection, "good"), TestClock.Limit());
        var last = database.WriteAsync(connection => Insert(connection, "last"), TestClock.Limit());
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        go.Set();

        Assert.All(await Task.WhenAll(first, good, last), inserted => Assert.Equal(1, inserted));
        Assert.Equal("after 1", (await Assert.ThrowsAsync<InvalidOperationException>(() => bad)).Message);
        Assert.Equal(19, (await Assert.ThrowsAsync<SqliteException>(() => twice)).SqliteErrorCode);
        Assert.Equal(["first", "good", "last"], database.Read(connection => connection.Query<string>("SELECT id FROM jobs ORDER BY id").ToList()));
        go.Dispose();
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_is_told_as_job_store_unavailable()
    {
        using var database = JobDatabase.Open(folder.Database);
        await database.WriteAsync(
            connection => connection.Execute($"PRAGMA max_page_count = {connection.ExecuteScalar<int>("PRAGMA page_count")}"), TestClock.Limit());
        var full = await Assert.ThrowsAsync<Gateway.Http.ProblemException>(() => database.WriteAsync(
            connection => connection.Execute("CREATE TABLE big AS SELECT randomblob(1000000) AS data"), TestClock.Limit()));
        Assert.Equal("job_store_unavailable", full.Kind.Code);
        Assert.NotNull(full.RetryAfter);
    }

    [Fact]
    public async Task Readers_do_not_wait_for_the_writer()
    {
        using var database = JobDatabase.Open(folder.Database);
        await database.WriteAsync(
            connection =>
            {
                Insert(connection, "uncommitted");
                Assert.Equal(0, database.Read(reader => reader.ExecuteScalar<int>("SELECT count(*) FROM jobs")));
                return 0;
            },
            TestClock.Limit());
        Assert.Equal(1, database.Read(reader => reader.ExecuteScalar<int>("SELECT count(*) FROM jobs")));
    }

    private JobStoreException AssertRefused(JobStoreFault fault)
    {
        var refused = Assert.Throws<JobStoreException>(() => JobDatabase.Open(folder.Database));
        Assert.Equal(fault, refused.Fault);
        return refused;
    }

    private static Task<int> FillAsync(JobDatabase database) =>
        database.WriteAsync(connection => Insert(connection, Guid.NewGuid().ToString()), TestClock.Limit());

    private static int Insert(SqliteConnection connection, string id) => connection.Execute(
        """
        INSERT INTO jobs (id, kind, namespace, subject, request, state, created_at, timeout, trace_parent)
        VALUES (@id, 'k', 'n', 's', '{}', 'queued', 0, 1, '')
        """,
        new { id });
}
