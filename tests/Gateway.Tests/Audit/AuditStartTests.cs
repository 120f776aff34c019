using Gateway.Audit;

namespace Gateway.Tests.Audit;

/// <summary>What a process leaves that was killed, and what the next start makes of it.</summary>
public sealed class AuditStartTests : IDisposable
{
    private readonly AuditTrial trial = new();

    public void Dispose() => trial.Dispose();

    [Fact]
    public async Task Line_cut_at_any_place_is_taken_away_and_that_is_recorded()
    {
        await trial.WriteAsync(2);
        var whole = await File.ReadAllBytesAsync(trial.Path);
        var last = whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') + 1;
        for (var length = last + 1; length < whole.Length; length += 7)
        {
            await File.WriteAllBytesAsync(trial.Path, whole[..length]);
            trial.Open().Dispose();

            Assert.True(trial.IsWhole());
            Assert.Equal([AuditKind.Intent, AuditKind.Result, AuditKind.Intent, AuditKind.Recovered, AuditKind.Interrupted], trial.Records.Select(record => record.Kind));
            Assert.Equal("torn_line", trial.Records[3].Code);
        }
    }

    [Fact]
    public async Task End_that_a_power_cut_left_empty_is_taken_away_however_long_it_is()
    {
        await trial.WriteAsync(1);
        await File.AppendAllTextAsync(trial.Path, new string('\0', 1_000_000));
        await trial.WriteAsync(1);
        Assert.Equal([AuditKind.Intent, AuditKind.Result, AuditKind.Recovered, AuditKind.Intent, AuditKind.Result], trial.Records.Select(record => record.Kind));
        Assert.True(trial.IsWhole());
    }

    [Fact]
    public async Task Intent_without_a_result_is_recorded_as_interrupted_once()
    {
        AuditRecord left;
        using (var audit = trial.Open())
        {
            left = await audit.AppendAsync(AuditTrial.Intent("key:left"));
            await audit.RecordAsync(AuditTrial.ResultOf(await audit.AppendAsync(AuditTrial.Intent("key:done"))));
        }

        trial.Open().Dispose();
        trial.Open().Dispose();

        var interrupted = Assert.Single(trial.Records, record => record.Kind is AuditKind.Interrupted);
        Assert.Equal((left.Sequence, "key:left", "tagImage", "team-a"), (interrupted.Intent, interrupted.Subject, interrupted.Operation, interrupted.Namespace));
        Assert.True(trial.IsWhole());
    }

    [Fact]
    public async Task Intent_of_the_file_that_was_just_put_aside_is_found_too()
    {
        using var limited = new AuditTrial { Options = new AuditOptions { MaxFileBytes = 800 } };
        using (var audit = limited.Open())
        {
            await audit.AppendAsync(AuditTrial.Intent("key:left"));
            await audit.RecordAsync(AuditTrial.ResultOf(await audit.AppendAsync(AuditTrial.Intent())));
            Assert.Equal(1, AuditFiles.Oldest(limited.Path));
        }

        limited.Open().Dispose();
        Assert.Equal("key:left", Assert.Single(limited.Records, record => record.Kind is AuditKind.Interrupted).Subject);
    }

    [Fact]
    public async Task Kill_between_putting_a_file_aside_and_making_the_new_one_goes_on_with_the_chain()
    {
        await trial.WriteAsync(2);
        File.Move(trial.Path, trial.Path + ".1");
        await trial.WriteAsync(1);

        Assert.Equal([AuditKind.Continued, AuditKind.Intent, AuditKind.Result], AuditTrial.LinesOf(trial.Path).Select((_, i) => trial.Records[i + 4].Kind));
        Assert.Equal(Enumerable.Range(1, 7).Select(i => (long)i), trial.Records.Select(record => record.Sequence));
        Assert.True(trial.IsWhole());
    }

    [Fact]
    public async Task All_files_moved_away_begin_a_new_chain()
    {
        await trial.WriteAsync(1);
        File.Move(trial.Path, trial.Folder.File("evidence"));
        await trial.WriteAsync(1);
        Assert.Equal([1L, 2L], trial.Records.Select(record => record.Sequence));
    }

    [Fact]
    public void Folder_that_cannot_be_made_refuses_the_start()
    {
        File.WriteAllText(trial.Folder.File("in-the-way"), "");
        var path = Path.Combine(trial.Folder.File("in-the-way"), "audit.jsonl");
        var refused = Assert.Throws<AuditException>(() => AuditLog.Open(
            path, new AuditOptions(), new AuditExport(Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<AuditLog>.Instance));
        Assert.Contains("cannot be written", refused.Message);
    }
}
