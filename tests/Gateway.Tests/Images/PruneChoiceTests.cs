using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;
using Gateway.Images.Prune;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Tests.Images;

public sealed class PruneChoiceTests
{
    private static readonly DateTimeOffset Noon = new(2025, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly string Digest = "sha256:" + new string('a', 64);

    [Fact]
    public void Records_of_one_target_are_chosen_each_for_itself_but_know_each_other()
    {
        var units = Choose([Record("a:1"), Record("b:1"), Record("c:1", "other")]).ToArray();

        Assert.Equal(["a:1", "b:1", "c:1"], units.Select(unit => Assert.Single(unit.Records).Name));
        Assert.Equal([2, 2, 1], units.Select(unit => unit.Family.Count));
        Assert.All(units, unit => Assert.Equal(PruneReason.Unused, unit.Reason));
    }

    [Fact]
    public void In_kubernetes_namespace_they_are_one()
    {
        var units = Choose([Record("a:1"), Record(Digest), Record("c:1", "other")], containerdNamespace: "k8s.io").ToArray();
        Assert.Equal([2, 1], units.Select(unit => unit.Records.Count));
    }

    [Theory]
    [InlineData("docker.io/library/alpine:3.20", true)]
    [InlineData("alpine", true)]
    [InlineData("docker.io/library/alpine:3.20@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true)]
    [InlineData("docker.io/library/alpine@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false)]
    [InlineData("an odd name", false)]
    [InlineData("", false)]
    public void Without_unused_only_images_no_tag_leads_to_are_chosen(string name, bool isTagged)
    {
        Assert.Equal(isTagged, !Choose([Record(name)], unused: false).Any());
        Assert.Empty(Choose([Record(name), Record("tagged:1")], unused: false));
        Assert.Equal(isTagged ? PruneReason.Unused : PruneReason.Untagged, Assert.Single(Choose([Record(name)])).Reason);
    }

    [Fact]
    public void Age_is_the_time_since_the_last_change()
    {
        var old = Record("old:1", "1", created: Noon.AddHours(-3));
        var changed = Record("changed:1", "2", created: Noon.AddHours(-3), updated: Noon.AddMinutes(-1));
        var timeless = Record("timeless:1", "3");

        Assert.Equal(["old:1", "timeless:1"], Names(Choose([old, changed, timeless], before: Noon.AddHours(-1))));
        Assert.Empty(Choose([old], before: Noon.AddHours(-3)));
        Assert.Empty(Choose([Record("a:1", created: Noon.AddHours(-3)), Record("b:1", created: Noon)], "k8s.io", before: Noon.AddHours(-1)));
    }

    [Fact]
    public void Filters_choose_records_and_in_kubernetes_namespace_whole_images()
    {
        Image[] images = [Record("a:1"), Record("b:1")];
        Assert.Equal(["b:1"], Names(Choose(images, matching: ["b:1"])));
        Assert.Equal(["a:1", "b:1"], Names(Choose(images, "k8s.io", matching: ["b:1"])));
        Assert.Empty(Choose(images, "k8s.io", matching: []));
    }

    private static IEnumerable<PruneUnit> Choose(
        Image[] images, string containerdNamespace = "default", HashSet<string>? matching = null, DateTimeOffset? before = null, bool unused = true) =>
        PruneChoice.Of(containerdNamespace, images, matching, before, unused);

    private static IEnumerable<string> Names(IEnumerable<PruneUnit> units) => units.SelectMany(unit => unit.Records).Select(record => record.Name);

    private static Image Record(string name, string digest = "same", DateTimeOffset? created = null, DateTimeOffset? updated = null) => new()
    {
        Name = name,
        Target = new ContentDescriptor { Digest = digest },
        CreatedAt = created?.ToTimestamp(),
        UpdatedAt = (updated ?? created)?.ToTimestamp(),
    };
}
