using Gateway.Oci;
using Gateway.Oci.Archives;

namespace Gateway.Tests.Oci.Archives;

public sealed class ArchiveNamingTests
{
    private static readonly Descriptor Target = new() { MediaType = MediaTypes.OciManifest, Digest = Digest.Parse(Documents.DigestA), Size = 7 };

    [Theory]
    [InlineData("alpine", null, "docker.io/library/alpine:latest")]
    [InlineData("registry.example:5000/a/b:1", null, "registry.example:5000/a/b:1")]
    [InlineData("acme/app:1", "acme/app", "docker.io/acme/app:1")]
    [InlineData("acme/app:1", "docker.io/acme", "docker.io/acme/app:1")]
    [InlineData("registry.example/acme/app:1", "registry.example", "registry.example/acme/app:1")]
    [InlineData("registry.example/acme/app:1", "registry.example/acme", "registry.example/acme/app:1")]
    [InlineData("acme/application:1", "acme/app", null)]
    [InlineData("acme/app:1", "acme/other", null)]
    public void Full_name_is_normalised_and_kept_where_it_is_below_the_prefix(string name, string? prefix, string? expected)
    {
        var images = new[] { new ArchivedImage(Target, [name], Tag: null, Made: null) };
        if (expected is null)
        {
            Assert.Equal(OciFault.ArchiveInvalid, Assert.Throws<OciException>(() => ArchiveNaming.Apply(images, prefix)).Fault);
        }
        else
        {
            Assert.Equal(expected, ArchiveNaming.Apply(images, prefix).Single().Name);
        }
    }

    [Fact]
    public void Prefix_chooses_among_names_and_names_what_has_none()
    {
        var images = new[]
        {
            new ArchivedImage(Target, ["acme/app:1", "acme/app:1", "elsewhere/app:1"], Tag: null, Made: null),
            new ArchivedImage(Target, [], "tag", Made: null),
            new ArchivedImage(Target, [], Tag: null, Made: null),
        };
        Assert.Equal(
            ["docker.io/acme/app:1", "docker.io/acme/app:tag", "docker.io/acme/app@" + Documents.DigestA],
            ArchiveNaming.Apply(images, "acme/app").Select(name => name.Name));
    }

    [Theory]
    [InlineData("acme/app", true)]
    [InlineData("localhost:5000/app", true)]
    [InlineData("alpine", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("acme/app:1", false)]
    [InlineData("acme/app@" + Documents.DigestA, false)]
    [InlineData("acme/", false)]
    [InlineData("/acme", false)]
    [InlineData("UPPER/Case", false)]
    [InlineData("acme/app\n", false)]
    [InlineData("../acme", false)]
    public void Prefix_is_a_repository(string? text, bool isOne) => Assert.Equal(isOne, ArchiveNaming.IsPrefix(text));

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("./a//b/.", "a/b")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("../a", "../a")]
    [InlineData("a/../b", "a/../b")]
    [InlineData(".", "")]
    public void Name_of_an_entry_has_one_spelling(string name, string clean) => Assert.Equal(clean, ArchivePath.Clean(name));

    [Theory]
    [InlineData("x/layer.tar", "../y/layer.tar", true, "y/layer.tar")]
    [InlineData("x/layer.tar", "y", true, "x/y")]
    [InlineData("x/layer.tar", "y/./z", false, "y/z")]
    [InlineData("x/layer.tar", "../y", false, null)]
    [InlineData("x/layer.tar", "../../y", true, null)]
    [InlineData("layer.tar", "../y", true, null)]
    [InlineData("x/layer.tar", "/etc/passwd", true, null)]
    [InlineData("x/layer.tar", "/etc/passwd", false, null)]
    public void Link_leads_within_the_archive_or_nowhere(string name, string link, bool isSymbolic, string? target) =>
        Assert.Equal(target, ArchivePath.Target(name, link, isSymbolic));
}
