using Gateway.Audit;
using Gateway.Http;

namespace Gateway.Tests.Audit;

public sealed class AuditLogTests : IDisposable
{
    private readonly AuditTrial trial = new();

    public void Dispose() => trial.Dispose();

    [Fact]
    public async Task Record_is_in_the_file_when_it_is_told_to_be_and_only_the_owner_may_read_it()
    {
        using var audit = trial.Open();
        var written = await audit.AppendAsync(AuditTrial.Intent());

        Assert.Equal((1L, AuditChain.Origin), (written.Sequence, written.Previous));
        Assert.Equal(written, Assert.Single(trial.Records));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(trial.Path));
        Assert.True(trial.IsWhole());
    }

    [Fact]
    public async Task Five_hundred_at_once_stand_in_one_chain_each_once()
    {
        using var audit = trial.Open();
        var written = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(() => audit.AppendAsync(AuditTrial.Intent($"key:{i}")))));

        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), written.Select(record => record.Sequence).Order());
        Assert.Equal(written.OrderBy(record => record.Sequence), trial.Records);
        Assert.Equal(500, trial.Records.Select(record => record.Subject).Distinct().Count());
        Assert.True(trial.IsWhole());
    }

    [Fact]
    public async Task Hash_is_that_of_the_line_without_it()
    {
        await trial.WriteAsync(1);
        foreach (var line in trial.Lines)
        {
            var cut = line.LastIndexOf(",\"hash\":\"", StringComparison.Ordinal);
            var body = System.Text.Encoding.UTF8.GetBytes(line[..cut] + "}");
            Assert.Equal(line[cut..], $",\"hash\":\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body))}\"}}");
        }

        Assert.Equal(trial.Records[0].Hash, trial.Records[1].Previous);
    }

    public static TheoryData<string> Outages => ["moved", "cut", "extended", "directory in the way"];

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task While_it_cannot_be_written_nothing_begins_and_a_result_is_kept_for_later(string outage)
    {
        using var limited = new AuditTrial { Options = new AuditOptions { MaxFileBytes = 800 } };
        using var audit = limited.Open();
        var intent = await audit.AppendAsync(AuditTrial.Intent());
        await audit.RecordAsync(AuditTrial.ResultOf(intent));
        var end = Begin(limited, outage);

        var refused = await Assert.ThrowsAsync<ProblemException>(() => audit.AppendAsync(AuditTrial.Intent("key:refused")));
        Assert.Equal((ProblemKinds.AuditUnavailable, true), (refused.Kind, refused.RetryAfter > TimeSpan.Zero));
        await audit.RecordAsync(AuditTrial.ResultOf(intent) with { Code = "kept" });
        Assert.True(audit.Owes);
        await Assert.ThrowsAsync<ProblemException>(() => audit.AppendAsync(AuditTrial.Intent("key:refused")));
        Assert.Equal(1, limited.Logs.Count("The audit cannot be written"));

        end();
        var taken = await audit.AppendAsync(AuditTrial.Intent("key:taken"));
        Assert.False(audit.Owes);
        Assert.Equal("kept", limited.Records.Single(record => record.Sequence == taken.Sequence - 1).Code);
        Assert.DoesNotContain(limited.Records, record => record.Subject is "key:refused");
        Assert.True(limited.IsWhole());
    }

    [Fact]
    public async Task What_is_owed_is_written_without_another_request()
    {
        using var audit = trial.Open();
        var intent = await audit.AppendAsync(AuditTrial.Intent());
        var end = Begin(trial, "moved");
        await audit.RecordAsync(AuditTrial.ResultOf(intent));
        end();
        await audit.SettleAsync(CancellationToken.None);

        Assert.Equal([AuditKind.Intent, AuditKind.Result], trial.Records.Select(record => record.Kind));
    }

    [Fact]
    public async Task Second_gateway_on_the_same_file_is_refused()
    {
        using var audit = trial.Open();
        await audit.AppendAsync(AuditTrial.Intent());
        Assert.Contains("in use by another gateway", Assert.Throws<AuditException>(trial.Open).Message);
    }

    [Theory]
    [InlineData("audit.jsonl")]
    [InlineData("audit.jsonl.1")]
    public async Task File_that_others_may_read_refuses_the_start(string name)
    {
        await trial.WriteAsync(1);
        File.Copy(trial.Path, trial.Path + ".1");
        File.Delete(trial.Path);
        await trial.WriteAsync(1);
        File.SetUnixFileMode(trial.Folder.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<AuditException>(trial.Open).Message);
    }

    private static Action Begin(AuditTrial trial, string outage)
    {
        switch (outage)
        {
            case "moved":
                File.Move(trial.Path, trial.Path + "-away");
                return () => File.Move(trial.Path + "-away", trial.Path);
            case "cut":
            case "extended":
                var whole = Bytes();
                Set(outage is "cut" ? whole[..^10] : [.. whole, (byte)'x']);
                return () => Set(whole);
            default:
                Directory.CreateDirectory(trial.Path + ".1");
                return () => Directory.Delete(trial.Path + ".1");
        }

        byte[] Bytes()
        {
            using var file = new FileStream(trial.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return bytes.ToArray();
        }

        void Set(byte[] bytes)
        {
            using var file = new FileStream(trial.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            file.SetLength(0);
            file.Write(bytes);
        }
    }
}
