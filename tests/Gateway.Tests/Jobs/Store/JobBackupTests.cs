using System.Runtime.Versioning;
using Dapper;
using Gateway.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Jobs.Store;

[SupportedOSPlatform("linux")]
public sealed class JobBackupTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero));

    private string Backup => JobBackup.PathOf(folder.Database);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_backup_holds_what_the_store_held_and_is_its_owner_s_alone()
    {
        string[] jobs;
        using (var database = JobDatabase.Open(folder.Database))
        {
            await EnqueueAsync(database, 3);
            jobs = Ids(database);
            Assert.True(new JobBackup(database).Save());
            await EnqueueAsync(database, 1);
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Backup));
        Assert.Null(JobBackup.FindDamage(folder.Database));
        AssertNoDraft();
        using var elsewhere = new TempFolder();
        File.Copy(Backup, elsewhere.Database);
        using var copy = JobDatabase.Open(elsewhere.Database);
        Assert.Equal(jobs, Ids(copy));
    }

    [Fact]
    public async Task Only_a_change_is_worth_another_backup()
    {
        using var database = JobDatabase.Open(folder.Database);
        var backup = new JobBackup(database);
        Assert.True(backup.Save());
        Assert.False(backup.Save());
        await EnqueueAsync(database, 1);
        Assert.True(backup.Save());
        Assert.False(backup.Save());
    }

    [Fact]
    public async Task A_backup_waits_for_no_writer_and_has_nothing_that_is_not_committed()
    {
        using var database = JobDatabase.Open(folder.Database);
        await EnqueueAsync(database, 1);
        await database.WriteAsync(
            connection => connection.Execute("UPDATE jobs SET kind = 'uncommitted'") + (new JobBackup(database).Save() ? 0 : 1), TestClock.Limit());
        using var elsewhere = new TempFolder();
        File.Copy(Backup, elsewhere.Database);
        using var copy = JobDatabase.Open(elsewhere.Database);
        Assert.Equal(TestHandler.DefaultKind, copy.Read(connection => connection.ExecuteScalar<string>("SELECT kind FROM jobs")));
    }

    [Fact]
    public async Task A_damaged_store_does_not_replace_the_good_backup()
    {
        using var database = JobDatabase.Open(folder.Database);
        await EnqueueAsync(database, 1);
        var backup = new JobBackup(database);
        backup.Save();
        var good = await File.ReadAllBytesAsync(Backup, TestClock.Limit());
        await database.WriteAsync(connection => connection.Execute("UPDATE jobs SET check_value = check_value + 1"), TestClock.Limit());
        Assert.Contains("1 rows of jobs", Assert.Throws<InvalidDataException>(() => backup.Save()).Message, StringComparison.Ordinal);
        Assert.Equal(good, await File.ReadAllBytesAsync(Backup, TestClock.Limit()));
        AssertNoDraft();
    }

    [Fact]
    public async Task There_is_a_backup_each_hour_and_one_at_the_shutdown()
    {
        await File.WriteAllTextAsync($"{Backup}-draft", "of a killed gateway", TestClock.Limit());
        var handler = TestHandler.Endless();
        var host = await JobsHost.StartAsync(folder, handler, time);
        await host.StartJobAsync(timeout: TimeSpan.FromDays(1));
        await handler.StartedAsync();
        await UntilAsync(() => !File.Exists($"{Backup}-draft"));
        Assert.False(File.Exists(Backup));
        await UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            return host.Logs.Contain("is backed up");
        });
        var hourly = await File.ReadAllBytesAsync(Backup, TestClock.Limit());
        await host.StartJobAsync();
        await host.StopAsync();
        Assert.NotEqual(hourly, await File.ReadAllBytesAsync(Backup, TestClock.Limit()));
        Assert.Null(JobBackup.FindDamage(folder.Database));

        // What the shutdown put back into the queue is in it.
        using var elsewhere = new TempFolder();
        File.Copy(Backup, elsewhere.Database);
        using var copy = JobDatabase.Open(elsewhere.Database);
        Assert.Equal(2, new JobQueries(copy).CountQueued());
    }

    [Fact]
    public async Task A_backup_that_cannot_be_written_hinders_nobody()
    {
        // A folder stands where the backup is to be.
        Directory.CreateDirectory(Path.Combine(Backup, "taken"));
        var host = await JobsHost.StartAsync(folder, new TestHandler(), time);
        await UntilAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(1));
            return host.Logs.Contain("could not be backed up");
        });
        Assert.Equal(JobState.Succeeded, (await host.EndOfAsync((await host.StartJobAsync()).Id)).State);
        Directory.Delete(Backup, recursive: true);
        await host.StopAsync();
        Assert.Null(JobBackup.FindDamage(folder.Database));
        AssertNoDraft();
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var limit = TestClock.Limit();
        while (!condition())
        {
            limit.ThrowIfCancellationRequested();
            await Task.Delay(1, limit);
        }
    }

    private void AssertNoDraft() => Assert.DoesNotContain(Directory.GetFiles(folder.Path), file => file.Contains("draft", StringComparison.Ordinal));

    private static string[] Ids(JobDatabase database) =>
        database.Read(connection => connection.Query<string>("SELECT id FROM jobs ORDER BY id").ToArray());

    private async Task EnqueueAsync(JobDatabase database, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await new JobStore(database, time).EnqueueAsync(SampleJob.New(), new QueueRoom(1000), key: null, TestClock.Limit());
        }
    }
}
