using Gateway.Images.Reading;
using Gateway.Oci;

namespace Gateway.Tests.Images;

public sealed class ImageSizesTests
{
    [Fact]
    public void Blob_and_snapshot_count_once_however_often_they_are_named()
    {
        var (first, second) = (new ImageSizes(), new ImageSizes());
        first.Add(Blob('a', 10), here: 10);
        first.Add(Blob('a', 10), here: 10);
        first.Add("overlayfs", Of('c'), 100);
        second.Add(Blob('a', 10), here: 10);
        second.Add(Blob('b', 5), here: null);
        second.Add("overlayfs", Of('c'), 100);
        second.Add("native", Of('c'), 30);

        first.Add(second);

        Assert.Equal((15, 10, 130L), (first.Compressed, first.Content, first.Unpacked));
    }

    [Fact]
    public void Image_that_is_nowhere_unpacked_has_no_unpacked_size()
    {
        var sizes = new ImageSizes();
        sizes.Add(Blob('a', 10), here: null);
        Assert.Equal((10, 0, null), (sizes.Compressed, sizes.Content, sizes.Unpacked));
    }

    private static Descriptor Blob(char digit, long size) => new() { MediaType = MediaTypes.OciLayer, Digest = Of(digit), Size = size };

    private static Digest Of(char digit) => Digest.TryParse($"sha256:{new string(digit, 64)}", out var digest) ? digest : default;
}
