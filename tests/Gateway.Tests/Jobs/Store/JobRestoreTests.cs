using Dapper;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Store;

public sealed class JobRestoreTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 12, 30, 0, TimeSpan.Zero));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_damaged_store_is_refused_with_the_way_out_and_the_command_takes_it()
    {
        await MakeAsync();
        await File.WriteAllBytesAsync(folder.Database, Enumerable.Repeat((byte)'x', 8192).ToArray(), TestClock.Limit());
        var refused = AssertRefused(JobStoreFault.Damaged);
        Assert.Contains($"a good backup from {JobBackup.TimeOf(folder.Database):u}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("restore-jobs", refused.Message, StringComparison.Ordinal);

        Assert.True(await RestoreJobsCommand.TryRunAsync(["restore-jobs", $"--Jobs:Database={folder.Database}"], GatewayApp.Build));
        Assert.Equal(["backed-up"], Kinds());
        var aside = Assert.Single(Directory.GetFiles(folder.Path), file => file.Contains(".damaged-", StringComparison.Ordinal));
        Assert.All(await File.ReadAllBytesAsync(aside, TestClock.Limit()), letter => Assert.Equal((byte)'x', letter));
        Assert.Null(JobBackup.FindDamage(folder.Database));
    }

    [Fact]
    public async Task The_files_of_the_damaged_store_are_kept_together()
    {
        await MakeAsync();
        foreach (var suffix in new[] { "-wal", "-shm" })
        {
            await File.WriteAllTextAsync(folder.Database + suffix, suffix, TestClock.Limit());
        }

        var told = JobRestore.Run(folder.Database, time);
        var aside = $"{folder.Database}.damaged-20250601T123000Z";
        Assert.Contains(aside, told, StringComparison.Ordinal);
        Assert.Contains("lost", told, StringComparison.Ordinal);
        Assert.Equal(["", "-wal", "-shm"], new[] { "", "-wal", "-shm" }.Where(suffix => File.Exists(aside + suffix)));
        Assert.False(File.Exists($"{folder.Database}-wal"));
        Assert.Equal(["backed-up"], Kinds());
    }

    [Fact]
    public async Task A_store_that_a_gateway_runs_on_is_not_restored()
    {
        await MakeAsync();
        using var database = JobDatabase.Open(folder.Database);
        Assert.Equal(JobStoreFault.InUse, Assert.Throws<JobStoreException>(() => JobRestore.Run(folder.Database, time)).Fault);
    }

    [Theory]
    [InlineData(true, nameof(JobStoreFault.NoBackup), "there is no backup")]
    [InlineData(false, nameof(JobStoreFault.Damaged), "is damaged too")]
    public async Task Without_a_good_backup_nothing_is_touched_and_the_refused_start_says_so(bool missing, string fault, string said)
    {
        await MakeAsync();
        await File.WriteAllTextAsync(folder.Database, new string('x', 8192), TestClock.Limit());
        if (missing)
        {
            File.Delete(JobBackup.PathOf(folder.Database));
        }
        else
        {
            await File.WriteAllTextAsync(JobBackup.PathOf(folder.Database), new string('y', 8192), TestClock.Limit());
        }

        Assert.Contains(said, AssertRefused(JobStoreFault.Damaged).Message, StringComparison.Ordinal);
        var before = Directory.GetFiles(folder.Path).Order();
        Assert.Equal(fault, Assert.Throws<JobStoreException>(() => JobRestore.Run(folder.Database, time)).Fault.ToString());
        Assert.Equal(before, Directory.GetFiles(folder.Path).Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_is_gone_or_empty_beside_its_backup_is_no_new_one(bool gone)
    {
        await MakeAsync();
        File.Delete(folder.Database);
        if (!gone)
        {
            await File.WriteAllTextAsync(folder.Database, "", TestClock.Limit());
        }

        AssertRefused(JobStoreFault.Damaged);
        JobRestore.Run(folder.Database, time);
        Assert.Equal(["backed-up"], Kinds());
    }

    [Fact]
    public void An_empty_file_beside_a_key_was_a_store_and_one_without_is_a_first_start()
    {
        File.WriteAllText(folder.Database, "");
        JobDatabase.Open(folder.Database).Dispose();
        File.WriteAllText(folder.Database, "");
        File.WriteAllText(JobSecrets.KeyPath(folder.Database), "");
        AssertRefused(JobStoreFault.Damaged);
    }

    private JobStoreException AssertRefused(JobStoreFault fault)
    {
        var refused = Assert.Throws<JobStoreException>(() => JobDatabase.Open(folder.Database));
        Assert.Equal(fault, refused.Fault);
        return refused;
    }

    private string[] Kinds()
    {
        using var database = JobDatabase.Open(folder.Database);
        return database.Read(connection => connection.Query<string>("SELECT kind FROM jobs").ToArray());
    }

    /// <summary>A store with a backup, and a job that came later.</summary>
    private async Task MakeAsync()
    {
        using var database = JobDatabase.Open(folder.Database);
        var store = new JobStore(database, time);
        await store.EnqueueAsync(SampleJob.New() with { Kind = "backed-up" }, new QueueRoom(10), key: null, TestClock.Limit());
        new JobBackup(database).Save();
        await store.EnqueueAsync(SampleJob.New() with { Kind = "later" }, new QueueRoom(10), key: null, TestClock.Limit());
    }
}
