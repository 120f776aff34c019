using Gateway.Containerd.Types;
using Gateway.Containerd.Types.Transfer;
using Gateway.Images.Transfer;
using Gateway.Jobs;

namespace Gateway.Tests.Images;

public sealed class TransferItemsTests
{
    private readonly JobProgress progress = new();
    private readonly ProgressItem unpacked;
    private readonly ProgressItem kept;
    private readonly TransferItems items;

    public TransferItemsTests()
    {
        unpacked = progress.Add("sha256:a", "layer", 100, unpacks: true);
        kept = progress.Add("sha256:b", "layer", 100, unpacks: false);
        items = new TransferItems(progress, new Dictionary<string, ProgressItem> { ["sha256:a"] = unpacked, ["sha256:b"] = kept });
    }

    [Fact]
    public void Download_and_extraction_are_followed()
    {
        Tell("sha256:a", "waiting");
        Assert.Equal(ItemState.Waiting, unpacked.State);
        Tell("sha256:a", "downloading", 40);
        Assert.Equal((ItemState.Downloading, 40), (unpacked.State, unpacked.BytesDone));
        Tell("sha256:a", "complete");
        Assert.Equal((ItemState.Downloaded, 100), (unpacked.State, unpacked.BytesDone));
        Assert.Equal(JobPhase.Unpacking, progress.Phase);
        Tell("sha256:a", "extracting");
        Assert.Equal(ItemState.Unpacking, unpacked.State);
        Tell("sha256:a", "extracted");
        Assert.Equal(ItemState.Done, unpacked.State);
    }

    [Fact]
    public void Late_events_take_nothing_back()
    {
        Tell("sha256:b", "complete");
        Tell("sha256:b", "downloading", 10);
        Tell("sha256:b", "waiting");
        Assert.Equal((ItemState.Done, 100), (kept.State, kept.BytesDone));
    }

    [Fact]
    public void What_is_here_exists_unless_it_is_still_to_be_unpacked()
    {
        Tell("sha256:a", "already exists");
        Tell("sha256:b", "already exists");
        Assert.Equal((ItemState.Downloaded, 100), (unpacked.State, unpacked.BytesDone));
        Assert.Equal((ItemState.Exists, 100), (kept.State, kept.BytesDone));
    }

    [Fact]
    public void Upload_ends_as_done()
    {
        Tell("sha256:b", "uploading", 30);
        Assert.Equal((ItemState.Uploading, 30), (kept.State, kept.BytesDone));
        Tell("sha256:b", "complete");
        Assert.Equal((ItemState.Done, 100), (kept.State, kept.BytesDone));
    }

    [Fact]
    public void Events_of_other_things_are_passed_over()
    {
        Tell("sha256:c", "downloading", 5);
        items.Report(new Progress { Event = "Completed pull from OCI Registry" });
        Assert.Equal((ItemState.Waiting, 0), (unpacked.State, unpacked.BytesDone));
    }

    private void Tell(string digest, string what, long done = 0) =>
        items.Report(new Progress { Event = what, Done = done, Total = 100, Desc = new ContentDescriptor { Digest = digest } });
}
