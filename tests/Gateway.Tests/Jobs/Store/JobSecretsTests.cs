using System.Runtime.Versioning;
using System.Text;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Tests.Jobs.Store;

[SupportedOSPlatform("linux")]
public sealed class JobSecretsTests : IDisposable
{
    private const string Secret = """{"username":"robot","password":"hunter2-ä-\n"}""";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_was_sealed_opens_with_the_same_key_after_a_restart()
    {
        var sealedSecret = Open().Seal("job", "team-a", Secret);
        Assert.Equal(Secret, Open().Unseal("job", "team-a", sealedSecret));
    }

    [Fact]
    public void The_envelope_does_not_show_its_content_and_never_looks_the_same()
    {
        var secrets = Open();
        var envelope = secrets.Seal("job", "team-a", Secret);
        Assert.True(envelope.AsSpan().IndexOf("hunter2"u8) < 0);
        Assert.NotEqual(envelope, secrets.Seal("job", "team-a", Secret));
    }

    [Theory]
    [InlineData("other", "team-a")]
    [InlineData("job", "team-b")]
    [InlineData("jo", "b\0team-a")]
    public void An_envelope_moved_to_another_job_or_namespace_does_not_open(string job, string @namespace) =>
        AssertUnreadable(Open(), job, @namespace, Open().Seal("job", "team-a", Secret));

    [Fact]
    public void Any_changed_byte_is_noticed()
    {
        var secrets = Open();
        var envelope = secrets.Seal("job", "team-a", Secret);
        for (var i = 0; i < envelope.Length; i++)
        {
            var changed = envelope.ToArray();
            changed[i] ^= 1;
            AssertUnreadable(secrets, "job", "team-a", changed);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(28)]
    public void A_truncated_envelope_does_not_open(int length)
    {
        var secrets = Open();
        AssertUnreadable(secrets, "job", "team-a", secrets.Seal("job", "team-a", Secret)[..length]);
    }

    [Fact]
    public void Another_key_does_not_open_it()
    {
        var envelope = Open().Seal("job", "team-a", Secret);
        File.Delete(folder.File("jobs.key"));
        AssertUnreadable(Open(), "job", "team-a", envelope);
    }

    [Fact]
    public void The_key_file_is_its_owners_alone_and_a_wider_mode_is_narrowed()
    {
        Open();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("jobs.key")));
        File.SetUnixFileMode(folder.File("jobs.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Open();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("jobs.key")));
    }

    [Fact]
    public void A_damaged_key_file_is_refused_and_left_as_it_is()
    {
        File.WriteAllText(folder.File("jobs.key"), "not a key");
        Assert.Equal(JobStoreFault.Damaged, Assert.Throws<JobStoreException>(Open).Fault);
        Assert.Equal("not a key", File.ReadAllText(folder.File("jobs.key"), Encoding.UTF8));
    }

    private JobSecrets Open() => JobSecrets.Open(folder.File("jobs.key"));

    private static void AssertUnreadable(JobSecrets secrets, string job, string @namespace, byte[] envelope) =>
        Assert.Equal("credentials_unreadable", Assert.Throws<ProblemException>(() => secrets.Unseal(job, @namespace, envelope)).Kind.Code);
}
