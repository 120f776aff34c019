using Gateway.Oci;
using Gateway.TestKit;

namespace Gateway.Tests.Oci.Archives;

/// <summary>Archives made to do harm, or broken: each is refused, and the message says why.</summary>
public sealed class HostileArchiveTests
{
    private const string App = "docker.io/acme/app:1";

    public static TheoryData<string> Names => [.. HostileArchives.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Archive_is_refused_and_told_why(string name)
    {
        var hostile = HostileArchives.All[name];
        foreach (var form in hostile.Forms())
        {
            var refusal = await ArchiveTrial.RefusalAsync(form);
            Assert.Equal(hostile.IsTooLarge, refusal.Fault is OciFault.ArchiveTooLarge);
            Assert.Contains(hostile.Told, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Indexes_four_deep_are_read() => Assert.Single((await ArchiveTrial.ImportAsync(TestArchive.OciLayout((App, HostileArchives.Nested(4))).ToBytes())).Names);

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public async Task Layer_of_zeros_within_the_bound_and_one_that_is_damaged_are_no_bombs(Compression compression)
    {
        var (zeros, damaged) = (Layer.Bomb(compression, 60 << 20), Layer.Random(100_000, 3, compression));
        damaged.Bytes.AsSpan(200, 50).Clear();
        await ArchiveTrial.ImportAsync(TestArchive.OciLayout(("docker.io/acme/app:1", TestImage.Of(zeros))).Add("blobs/damaged", damaged.Bytes).ToBytes());
    }

    [Fact]
    public async Task Archive_over_the_bound_is_refused_compressed_or_not()
    {
        var archive = TestArchive.OciLayout((App, TestImage.Small(1))).Add("much", new byte[100_000]);
        foreach (var compression in Enum.GetValues<Compression>())
        {
            var refusal = await ArchiveTrial.RefusalAsync(archive.ToBytes(compression), maxBytes: 90_000);
            Assert.Equal(OciFault.ArchiveTooLarge, refusal.Fault);
        }
    }

    [Fact]
    public async Task Zeros_after_the_end_are_passed_over() =>
        Assert.Single((await ArchiveTrial.ImportAsync([.. TestArchive.OciLayout((App, TestImage.Small(1))).ToBytes(), .. new byte[10_240]])).Names);

    [Fact]
    public async Task Platform_that_an_archive_lacks_is_told_only_where_it_is_wanted()
    {
        var (amd, arm) = (TestImage.Small(1), TestImage.Small(1, "linux/arm64"));
        var archive = TestArchive.OciLayout((App, TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm)))).WithoutBlob(arm.Digest).ToBytes();
        Assert.Contains(arm.Digest, (await ArchiveTrial.RefusalAsync(archive)).Message, StringComparison.Ordinal);
        Assert.Contains(arm.Digest, (await ArchiveTrial.RefusalAsync(archive, platforms: ["linux/arm64"])).Message, StringComparison.Ordinal);
        Assert.Single((await ArchiveTrial.ImportAsync(archive, platforms: ["linux/amd64"])).Names);
        var absent = await Assert.ThrowsAsync<OciException>(() => ArchiveTrial.ImportAsync(archive, platforms: ["linux/s390x"]));
        Assert.Equal(OciFault.PlatformNotFound, absent.Fault);
    }
}
