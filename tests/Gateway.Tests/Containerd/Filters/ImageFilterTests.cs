using Gateway.Containerd.Filters;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;

namespace Gateway.Tests.Containerd.Filters;

public sealed class ImageFilterTests
{
    private static readonly Image Sample = new()
    {
        Name = "docker.io/library/alpine:3.20",
        Target = new ContentDescriptor { MediaType = "application/x", Digest = "sha256:abc", Size = 1, Annotations = { ["org.x/y"] = "note" } },
        Labels = { ["a.b"] = "one", ["plain"] = "two, three", ["é"] = "😀" },
    };

    [Theory]
    [InlineData("name")]
    [InlineData("name==docker.io/library/alpine:3.20")]
    [InlineData("name == docker.io/library/alpine:3.20")]
    [InlineData("name!=x")]
    [InlineData("name~=alpine")]
    [InlineData("name~=/^docker[.]io\\/.*:3/")]
    [InlineData("name~=|^docker[.]io/[a-z]+/|")]
    [InlineData("name,labels.plain")]
    [InlineData("labels.a.b==one")]
    [InlineData("labels.\"a.b\"==one")]
    [InlineData("labels.plain==\"two, three\"")]
    [InlineData("labels.\"\\u00e9\"==\"\\U0001F600\"")]
    [InlineData("labels.\"\\303\\251\"~=^.$")]
    [InlineData("labels.absent!=x")]
    [InlineData("labels.absent~=^$")]
    [InlineData("target.digest==sha256:abc,target.mediatype~=x$")]
    [InlineData("annotations.\"org.x/y\"==note")]
    public void Filter_finds_the_image(string filter) => Assert.True(ImageFilter.Parse([filter]).Matches(Sample));

    [Theory]
    [InlineData("name==alpine")]
    [InlineData("name!=docker.io/library/alpine:3.20")]
    [InlineData("labels.absent")]
    [InlineData("labels.absent==\"\"")]
    [InlineData("name,labels.absent")]
    [InlineData("labels.\"é\"~=^..$")]
    [InlineData("name~=^alpine")]
    public void Filter_passes_the_image_over(string filter) => Assert.False(ImageFilter.Parse([filter]).Matches(Sample));

    [Fact]
    public void One_of_several_filters_is_enough_and_none_finds_all()
    {
        Assert.True(ImageFilter.Parse(["name==x", "labels.plain"]).Matches(Sample));
        Assert.True(ImageFilter.Parse([]).Matches(Sample));
    }

    [Theory]
    [InlineData("name==", 6)]
    [InlineData("==x", 0)]
    [InlineData("name=x", 4)]
    [InlineData("name===x", 4)]
    [InlineData("name>x", 4)]
    [InlineData("name==x y", 7)]
    [InlineData("name==x,", 8)]
    [InlineData(",name", 0)]
    [InlineData("name.", 5)]
    [InlineData("labels.a/b==x", 8)]
    [InlineData("labels.a b==x", 9)]
    [InlineData("labels.é==x", 7)]
    [InlineData("name==\"x", 6)]
    [InlineData("name==\"\\q\"", 7)]
    [InlineData("name==\"\\x4\"", 7)]
    [InlineData("name==\"\\777\"", 7)]
    [InlineData("name==\"\\U00110000\"", 7)]
    [InlineData("name==\"\\xff\"", 6)]
    [InlineData("name==|x|", 6)]
    [InlineData("name==/x/", 6)]
    [InlineData("name==\u0001", 6)]
    [InlineData("name~=[", 6)]
    [InlineData("name~=(?=x)", 6)]
    [InlineData("name ,target.digest", 5)]
    [InlineData("labels", 0)]
    [InlineData("size==1", 0)]
    [InlineData("target.size==1", 0)]
    [InlineData("name,name.x", 5)]
    public void Broken_filter_is_refused_with_its_place(string filter, int position) =>
        Assert.Equal(position, Assert.Throws<FilterException>(() => ImageFilter.Parse([filter])).Position);
}
