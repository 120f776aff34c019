using System.Globalization;
using System.Runtime.Versioning;
using System.Text;
using Dapper;
using Gateway.Jobs;
using Gateway.Webhooks;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Store;

/// <summary>Whatever happens to its files, a store opens with the rows it had, or is refused by name; what damage has taken comes back from the backup.</summary>
[SupportedOSPlatform("linux")]
public sealed class JobStoreMutationTests : IDisposable
{
    private const int Mutations = 200;

    private static readonly JobState[] Ends = [JobState.Succeeded, JobState.Failed, JobState.Canceled];

    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    /// <summary>The rows after each transaction of the WAL, the newest last.</summary>
    private readonly List<string> history = [];
    private string backedUp = "";

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Two_hundred_mutations_are_harmless_or_refused_and_never_unseen()
    {
        using var whole = await MakeAsync();
        var outcomes = new Dictionary<string, int>();
        for (var seed = 0; seed < Mutations; seed++)
        {
            using var mutated = CopyOf(whole);
            var (name, mayLoseTail) = JobStoreMutations.Apply(mutated, new Random(seed));
            var outcome = Outcome(mutated, mayLoseTail);
            outcomes[$"{name}: {outcome}"] = outcomes.GetValueOrDefault($"{name}: {outcome}") + 1;
            Assert.False(outcome is "unseen", $"seed {seed}: after \"{name}\" the store opened with rows it never had");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', outcomes.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value,3} {pair.Key}")));
        Assert.True(outcomes.Where(pair => pair.Key.EndsWith("refused", StringComparison.Ordinal)).Sum(pair => pair.Value) > Mutations / 3);
    }

    private string Outcome(TempFolder mutated, bool mayLoseTail)
    {
        try
        {
            var rows = RowsOf(mutated);
            return rows == history[^1] ? "as it was" : mayLoseTail && history.Contains(rows) ? "without its newest transactions" : "unseen";
        }
        catch (JobStoreException refused) when (refused.Fault is JobStoreFault.Damaged)
        {
            JobRestore.Run(mutated.Database, time);
            Assert.Equal(backedUp, RowsOf(mutated));
            return "refused";
        }
        catch (JobStoreException refused) when (refused.Fault is JobStoreFault.NotWritable or JobStoreFault.TooNew)
        {
            return $"refused as {refused.Fault}";
        }
        finally
        {
            File.SetUnixFileMode(mutated.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string RowsOf(TempFolder at)
    {
        using var files = JobStoreFiles.Open(new JobOptions { Database = at.Database });
        return Rows(files.Database);
    }

    private static string Rows(JobDatabase database) => database.Read(connection =>
    {
        var rows = new StringBuilder();
        foreach (var table in new[] { "jobs", "idempotency", "webhooks", "deliveries", "node" })
        {
            using var reader = connection.ExecuteReader($"SELECT * FROM {table} ORDER BY 1, 2");
            var values = new object[reader.FieldCount];
            while (reader.Read())
            {
                reader.GetValues(values);
                rows.AppendJoin('|', values.Select(value => value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture)));
                rows.AppendLine();
            }
        }

        return rows.ToString();
    });

    private static TempFolder CopyOf(TempFolder whole)
    {
        var copy = new TempFolder();
        foreach (var file in Directory.GetFiles(whole.Path))
        {
            File.Copy(file, copy.File(Path.GetFileName(file)));
        }

        return copy;
    }

    /// <summary>Two hundred jobs and their backup; then as many transactions that only the WAL has, as a kill leaves it.</summary>
    private async Task<TempFolder> MakeAsync()
    {
        var options = new JobOptions { Database = folder.Database };
        using (var files = JobStoreFiles.Open(options))
        {
            await new WebhookStore(files.Database, time).AddAsync(
                new Webhook("wh_1", "key:alice", null, "https://example.org/", ["job.failed"], [1, 2, 3], time.GetUtcNow(), null, null),
                TestClock.Limit());
            await WriteAsync(files, 200, () => { });
            new JobBackup(files.Database).Save();
            backedUp = Rows(files.Database);
        }

        using (var files = JobStoreFiles.Open(options))
        {
            history.Add(backedUp);
            await WriteAsync(files, 40, () => history.Add(Rows(files.Database)));
            return folder.Copy();
        }
    }

    /// <summary>Jobs in every state, with keys and messages.</summary>
    private async Task WriteAsync(JobStoreFiles files, int count, Action committed)
    {
        var store = new JobStore(files.Database, time);
        var keys = new IdempotencyStore(files.Database, files.Secrets, time);
        for (var i = 0; i < count; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await store.EnqueueAsync(SampleJob.New(secret: i % 3 is 0 ? [4, 5, 6] : null), new QueueRoom(1000), key: null, TestClock.Limit());
            committed();
            if (i % 5 is 0)
            {
                await keys.ClaimAsync(new IdempotencyKey("key:alice", $"{i} at {time.GetUtcNow():O}", [7, 8]), isFirst: true, TestClock.Limit());
                committed();
            }

            if (i % 4 is 0 || await store.ClaimAsync(ClaimScope.Any, TimeSpan.FromDays(1), new RunRoom(), TestClock.Limit()) is not { } job)
            {
                continue;
            }

            committed();
            job = job with { Sequence = job.Sequence + 1 };
            _ = i % 7 is 0
                ? await store.RequeueAsync(job with { NextAttemptAt = time.GetUtcNow().AddHours(1) }, countAttempt: true, TestClock.Limit())
                : i % 11 is 0 ? job : await store.FinishAsync(job with { State = Ends[i % 3], Result = """{"digest":"sha256:done"}""" }, TestClock.Limit());
            committed();
        }
    }
}
