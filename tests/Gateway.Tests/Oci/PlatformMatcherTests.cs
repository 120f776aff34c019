using Gateway.Oci;
using static Gateway.Tests.Oci.Documents;

namespace Gateway.Tests.Oci;

public sealed class PlatformMatcherTests
{
    private const string Attestation = ""","annotations":{"vnd.docker.reference.type":"attestation-manifest"}""";

    /// <summary>Wanted, and what it accepts, best first: containerd's compare_test.go, put in order.</summary>
    public static TheoryData<string, string> Vectors => new()
    {
        { "linux/amd64", "linux/amd64 linux/386" },
        { "linux/amd64/v2", "linux/amd64/v2 linux/amd64 linux/386" },
        { "linux/amd64/v4", "linux/amd64/v4 linux/amd64/v3 linux/amd64/v2 linux/amd64 linux/386" },
        { "linux/386", "linux/386" },
        { "windows/amd64", "windows/amd64 windows/386" },
        { "linux/arm/v8", "linux/arm/v8 linux/arm linux/arm/v6 linux/arm/v5" },
        { "linux/arm", "linux/arm/v7 linux/arm/v6 linux/arm/v5" },
        { "linux/arm/v6", "linux/arm/v6 linux/arm/v5" },
        { "linux/arm/v5", "linux/arm/v5" },
        { "linux/arm/v4", "linux/arm/v4" },
        { "linux/arm64", "linux/arm64/v8 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5" },
        { "linux/arm64/v8.1", "linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5" },
        {
            "linux/arm64/v9", "linux/arm64/v9.0 linux/arm64/v8.5 linux/arm64/v8.4 linux/arm64/v8.3 linux/arm64/v8.2 linux/arm64/v8.1 linux/arm64 "
                + "linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5"
        },
        {
            "linux/arm64/v9.6", "linux/arm64/v9.6 linux/arm64/v9.5 linux/arm64/v9.4 linux/arm64/v9.3 linux/arm64/v9.2 linux/arm64/v9.1 linux/arm64/v9 "
                + "linux/arm64/v8.9 linux/arm64/v8.8 linux/arm64/v8.7 linux/arm64/v8.6 linux/arm64/v8.5 linux/arm64/v8.4 linux/arm64/v8.3 linux/arm64/v8.2 "
                + "linux/arm64/v8.1 linux/arm64 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5"
        },
        { "linux/s390x", "linux/s390x" },
        { "linux/riscv64", "linux/riscv64" },
        { "linux/ppc64le", "linux/ppc64le" },
        { "darwin/arm64", "darwin/arm64 darwin/arm/v8 darwin/arm/v7 darwin/arm/v6 darwin/arm/v5" },
        { "linux/amd64/v2147483647", "linux/amd64/v2147483647 linux/386" },
        { "linux/amd64/v99999999999999999999", "linux/amd64/v99999999999999999999 linux/386" },
        { "linux/arm/v2147483647", "linux/arm/v2147483647" },
        { "linux/arm64/v10", "linux/arm64/v10" },
        { "linux/arm64/v7", "linux/arm64/v7" },
        { "linux/arm64/v8.10", "linux/arm64/v8.10" },
        { "linux/arm64/vx", "linux/arm64/vx" },
    };

    public static TheoryData<string, string> Others => new()
    {
        { "linux/amd64", "linux/amd64/v2 linux/arm/v7 linux/arm64 windows/amd64 windows/arm freebsd/amd64 linux/amd64p32" },
        { "linux/amd64/v2", "linux/amd64/v3 linux/amd64/v4 linux/arm64" },
        { "linux/386", "linux/amd64 linux/arm/v7 linux/arm64 windows/386" },
        { "windows/amd64", "linux/amd64 windows/arm windows/arm64" },
        { "linux/arm/v8", "linux/arm/v4 linux/arm64 linux/arm/v9 windows/arm" },
        { "linux/arm/v6", "linux/arm linux/arm/v4 linux/arm/v7 linux/arm/v8 linux/arm64" },
        { "linux/arm/v4", "linux/arm linux/arm/v5" },
        { "linux/arm64", "linux/arm64/v9 linux/arm64/v8.1 linux/arm/v9 linux/arm/v4 linux/amd64 windows/arm64" },
        { "linux/arm64/v9", "linux/arm64/v8.6 linux/arm64/v9.1 linux/arm/v4" },
        { "linux/arm64/v9.6", "linux/arm64/v8.10 linux/arm64/v9.7 linux/arm/v4" },
        { "linux/s390x", "linux/amd64 linux/s390 linux/s390x/v1" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void What_runs_on_the_wanted_platform_is_accepted_best_first(string wanted, string accepted)
    {
        var platforms = accepted.Split(' ');
        var index = Index(string.Join(',', platforms.Reverse().Select((platform, i) => Entry(platform, platforms.Length - i)))).AsIndex();

        Assert.Equal(Enumerable.Range(1, platforms.Length).Select(size => (long)size),
            PlatformMatcher.Candidates(Platform.Parse(wanted), index).Select(entry => entry.Size));
        Assert.Equal(1, PlatformMatcher.Choose(Platform.Parse(wanted), index).Size);
        Assert.All(platforms, platform => Assert.True(PlatformMatcher.Accepts(Platform.Parse(wanted), Platform.Parse(platform))));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void What_does_not_run_on_the_wanted_platform_is_not_accepted(string wanted, string others)
    {
        var index = Index(string.Join(',', others.Split(' ').Select(platform => Entry(platform)))).AsIndex();

        Assert.Empty(PlatformMatcher.Candidates(Platform.Parse(wanted), index));
        Assert.All(others.Split(' '), platform => Assert.False(PlatformMatcher.Accepts(Platform.Parse(wanted), Platform.Parse(platform))));
    }

    [Fact]
    public void Entries_in_any_spelling_are_compared_in_normal_form()
    {
        var index = Index(Entry("Linux/aarch64/v8", 1) + "," + Entry("LINUX/X86_64", 2) + "," + Entry("linux/arm/7", 3)).AsIndex();

        Assert.Equal(1, PlatformMatcher.Choose(Platform.Parse("linux/arm64"), index).Size);
        Assert.Equal(2, PlatformMatcher.Choose(Platform.Parse("linux/amd64"), index).Size);
        Assert.Equal(3, PlatformMatcher.Choose(Platform.Parse("linux/arm"), index).Size);
        Assert.Equal(2, PlatformMatcher.Choose(new Platform { Os = "Linux", Architecture = "x86-64" }, index).Size);
    }

    [Fact]
    public void An_entry_without_a_platform_comes_after_all_that_have_one()
    {
        var index = Index(Entry(null, 1) + "," + Entry("linux/386", 2) + "," + Entry(null, 3) + "," + Entry("linux/amd64", 4)).AsIndex();

        Assert.Equal([4L, 2, 1, 3], PlatformMatcher.Candidates(Platform.Parse("linux/amd64"), index).Select(entry => entry.Size));
        Assert.Equal([1L, 3], PlatformMatcher.Candidates(Platform.Parse("linux/s390x"), index).Select(entry => entry.Size));
    }

    [Fact]
    public void Among_equals_the_first_of_the_index_is_chosen()
    {
        var index = Index(Entry("linux/386", 1) + "," + Entry("linux/amd64", 2) + "," + Entry("linux/amd64/v1", 3) + "," + Entry("linux/x86_64", 4)).AsIndex();

        Assert.Equal([2L, 3, 4, 1], PlatformMatcher.Candidates(Platform.Parse("linux/amd64"), index).Select(entry => entry.Size));
    }

    [Fact]
    public void Attestations_and_artifacts_are_never_chosen()
    {
        var index = Index(string.Join(',',
            Entry("unknown/unknown", 1, Attestation), Entry("unknown/unknown", 2), Entry(null, 3, Attestation), Entry("linux/amd64", 4, Attestation),
            Entry(null, 5, ""","artifactType":"application/vnd.example" """), Entry(null, 6, mediaType: "application/vnd.example"),
            Entry("/", 7), Entry("Unknown/UNKNOWN", 8), Entry(null, 9, mediaType: MediaTypes.OciLayer),
            Entry("linux/amd64", 10), Entry("linux/arm64", 11, ""","artifactType":"application/vnd.example" """),
            Entry(null, 12, ""","annotations":{"vnd.docker.reference.type":"other"}"""), Entry(null, 13, mediaType: MediaTypes.OciIndex))).AsIndex();

        Assert.Equal([10L, 11, 12, 13], PlatformMatcher.Images(index).Select(entry => entry.Size));
        Assert.Equal([10L, 12, 13], PlatformMatcher.Candidates(Platform.Parse("linux/amd64"), index).Select(entry => entry.Size));
        Assert.Equal([12L, 13], PlatformMatcher.Candidates(Platform.Parse("unknown/unknown"), index).Select(entry => entry.Size));
    }

    [Theory]
    [InlineData("10.0.17763.1", "10.0.17763.5206", true)]
    [InlineData("10.0.17763", "10.0.17763.5206", true)]
    [InlineData("10.0.17763.1", "10.0.20348.1", false)]
    [InlineData("10.0.1776", "10.0.17763.1", false)]
    [InlineData("10.0.17763.1", null, true)]
    [InlineData(null, "10.0.17763.1", true)]
    [InlineData(null, null, true)]
    public void Windows_images_run_on_the_build_they_were_made_for(string? host, string? image, bool runs)
    {
        var platform = new Platform { Os = "windows", Architecture = "amd64" };

        Assert.Equal(runs, PlatformMatcher.Accepts(platform with { OsVersion = host }, platform with { OsVersion = image }));
    }

    [Fact]
    public void Versions_of_other_systems_do_not_matter()
    {
        var platform = new Platform { Os = "darwin", Architecture = "arm64" };

        Assert.True(PlatformMatcher.Accepts(platform with { OsVersion = "14.0" }, platform with { OsVersion = "15.1" }));
    }

    [Fact]
    public void Features_an_image_must_have_are_asked_for()
    {
        var (linux, windows) = (Platform.Parse("linux/amd64"), Platform.Parse("windows/amd64"));

        Assert.False(PlatformMatcher.Accepts(linux, linux with { OsFeatures = ["erofs"] }));
        Assert.True(PlatformMatcher.Accepts(linux with { OsFeatures = ["x", "erofs"] }, linux with { OsFeatures = ["erofs"] }));
        Assert.True(PlatformMatcher.Accepts(linux with { OsFeatures = ["x"] }, linux));
        Assert.True(PlatformMatcher.Accepts(windows, windows with { OsFeatures = ["win32k"] }));
        Assert.False(PlatformMatcher.Accepts(linux, linux with { OsFeatures = ["win32k"] }));
    }

    [Fact]
    public void A_config_that_names_no_platform_runs_nowhere() => Assert.False(PlatformMatcher.Accepts(Platform.Parse("linux/amd64"), "{}".AsConfig().Platform));

    [Fact]
    public void What_is_not_there_is_told_with_what_is()
    {
        var index = Index(Entry("linux/amd64") + "," + Entry("linux/x86_64") + "," + Entry("linux/arm") + "," + Entry("unknown/unknown")).AsIndex();

        Assert.Equal("the image is not there for linux/s390x; it is there for linux/amd64, linux/arm/v7",
            Refusal(() => PlatformMatcher.Choose(Platform.Parse("linux/s390x"), index), OciFault.PlatformNotFound));
        Assert.EndsWith("it is there for none",
            Refusal(() => PlatformMatcher.Choose(Platform.Host, Index("").AsIndex()), OciFault.PlatformNotFound), StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_what_is_there_is_bounded()
    {
        var entries = Enumerable.Range(0, DocumentLimits.MaxIndexEntries).Select(i => Entry($"linux/{new string('a', 20)}{i}"));

        Assert.EndsWith(" and 984 more",
            Assert.Throws<OciException>(() => PlatformMatcher.Choose(Platform.Parse("linux/s390x"), Index(string.Join(',', entries)).AsIndex())).Message,
            StringComparison.Ordinal);
    }
}
