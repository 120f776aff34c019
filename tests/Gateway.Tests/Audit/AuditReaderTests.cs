using System.Globalization;
using Gateway.Audit;
using Gateway.Http;

namespace Gateway.Tests.Audit;

/// <summary>Files that are put aside, and pages over them.</summary>
public sealed class AuditReaderTests : IDisposable
{
    private const int MaxFileBytes = 300_000;
    private const int Keep = 3;

    private readonly AuditTrial trial = new() { Options = new AuditOptions { MaxFileBytes = MaxFileBytes, KeepFiles = Keep } };

    public void Dispose() => trial.Dispose();

    [Fact]
    public async Task Files_stay_within_their_size_and_number_and_the_chain_leads_over_them()
    {
        await WriteAsync(4000);

        var files = AuditFiles.OldestFirst(trial.Path);
        Assert.Equal(Keep + 1, files.Count);
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, MaxFileBytes));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(AuditKind.Continued, trial.Records[0].Kind);
        Assert.True(trial.Records[0].Sequence > 1);
        Assert.True(trial.IsWhole());
        await trial.WriteAsync(1);
    }

    [Fact]
    public async Task File_missing_from_the_midst_and_a_line_missing_before_a_new_file_are_found()
    {
        await WriteAsync(4000);
        var second = await File.ReadAllLinesAsync(trial.Path + ".2");
        await File.WriteAllLinesAsync(trial.Path + ".2", second.SkipLast(1));
        Assert.Contains($"{trial.Path}.1, line 1: ", VerifyAuditCommand.Verify(trial.Path).Text);

        File.Delete(trial.Path + ".2");
        Assert.Contains($"{trial.Path}.1, line 1: ", VerifyAuditCommand.Verify(trial.Path).Text);
    }

    [Theory]
    [InlineData(1000, 20_000)]
    [InlineData(7, 20_000)]
    [InlineData(1000, 50)]
    public async Task Pages_hold_every_record_once_newest_first_over_all_files(int size, int mostLookedAt)
    {
        await WriteAsync(1500);
        var expected = trial.Records.Select(record => record.Sequence).Reverse().ToArray();
        Assert.True(AuditFiles.Oldest(trial.Path) > 0);

        var found = new List<long>();
        long? before = null;
        do
        {
            var page = ListAudit.PageOf(trial.Path, size, before, _ => true, mostLookedAt);
            Assert.True(page.Items.Count <= Math.Min(size, mostLookedAt));
            found.AddRange(page.Items.Select(record => record.Sequence));
            before = page.NextPageToken is null ? null : long.Parse(Paging.Open(page.NextPageToken), CultureInfo.InvariantCulture);
        }
        while (before is not null);

        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task Page_begins_before_whichever_record_is_named()
    {
        await WriteAsync(1500);
        var records = trial.Records;
        for (var i = 1; i < records.Count; i += 37)
        {
            Assert.Equal(records[i - 1], ListAudit.PageOf(trial.Path, 1, records[i].Sequence, _ => true, 10).Items.Single());
        }
    }

    [Fact]
    public async Task Search_that_finds_nothing_in_what_it_looks_at_leads_on()
    {
        await WriteAsync(200);
        var page = ListAudit.PageOf(trial.Path, 10, null, record => record.Sequence < 3, 100);
        Assert.Empty(page.Items);
        Assert.NotNull(page.NextPageToken);
    }

    [Fact]
    public async Task Records_that_are_put_aside_while_they_are_read_are_neither_missed_nor_seen_twice()
    {
        await WriteAsync(700);
        Assert.Equal(1, AuditFiles.Oldest(trial.Path));
        using var audit = trial.Open();
        var found = new List<long>();
        foreach (var line in AuditReader.NewestFirst(trial.Path, null))
        {
            found.Add(AuditLink.SequenceOf(line.Span)!.Value);
            if (found.Count is 100)
            {
                while (AuditFiles.Oldest(trial.Path) < 2 || new FileInfo(trial.Path).Length > 10_000)
                {
                    await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => audit.AppendAsync(AuditTrial.Intent())));
                }
            }
        }

        Assert.Equal(Enumerable.Range(1, (int)found[0]).Reverse().Select(i => (long)i), found);
    }

    private async Task WriteAsync(int changes)
    {
        using var audit = trial.Open();
        for (var i = 0; i < changes; i += 100)
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ => await audit.RecordAsync(AuditTrial.ResultOf(await audit.AppendAsync(AuditTrial.Intent())))));
        }
    }
}
