using Gateway.Containerd.Types.Transfer;
using Gateway.Jobs;

namespace Gateway.Images.Transfer;

/// <summary>Turns a transfer's progress into that of the job's items. Events come late, twice, or not at all; an item never goes back.</summary>
internal sealed class TransferItems(JobProgress progress, IReadOnlyDictionary<string, ProgressItem> items)
{
    /// <summary>Whether an ingest is that of one of the items: its ref ends in the digest.</summary>
    public bool Has(string ingestRef) => items.ContainsKey(ingestRef[(ingestRef.IndexOf('-') + 1)..]);

    public void Report(Progress told)
    {
        if (told.Desc is null || !items.TryGetValue(told.Desc.Digest, out var item))
        {
            return;
        }

        switch (told.Event)
        {
            case "downloading" or "uploading":
                Enter(item, told.Event is "uploading" ? ItemState.Uploading : ItemState.Downloading);
                item.Reached(told.Done);
                break;
            case "complete" when item.State is not ItemState.Uploading:
                item.Reached(item.BytesTotal);
                Enter(item, item.Unpacks ? ItemState.Downloaded : ItemState.Done);
                break;
            case "complete":
                item.Reached(item.BytesTotal);
                item.State = ItemState.Done;
                break;
            case "already exists" when item.State is not ItemState.Done: // a layer that the image has twice was sent the first time
                item.Reached(item.BytesTotal);
                Enter(item, item.Unpacks ? ItemState.Downloaded : ItemState.Exists);
                break;
            case "extracting": // since 2.2
                Enter(item, ItemState.Unpacking);
                break;
            case "extracted":
                Enter(item, ItemState.Done);
                break;
        }
    }

    // The states of an item stand in their order. Most daemons tell nothing of unpacking: it goes on from the first layer that is here.
    private void Enter(ProgressItem item, ItemState next)
    {
        if (next > item.State)
        {
            item.State = next;
        }

        if (item.Unpacks && next is ItemState.Downloaded)
        {
            progress.Enter(JobPhase.Unpacking);
        }
    }
}
