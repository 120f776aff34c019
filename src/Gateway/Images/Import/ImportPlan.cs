using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;
using Gateway.Oci.Archives;

namespace Gateway.Images.Import;

/// <summary>Steps of receiving an archive: 1 its files · 2 the images it names · 3 their documents, which must all be there · 4 their names.</summary>
internal static class ImportPlan
{
    public static async Task<ImportWork> ReceiveAsync(
        NamespacedClient held, Stream body, ArchiveLimits limits, DiskRoom room, QuotaMeter quota, ImportRequest request, string snapshotter, CancellationToken cancel)
    {
        try
        {
            // 1
            var receiver = new ArchiveReceiver(held, room, quota);
            var contents = await ArchiveReader.ReadAsync(body, limits, receiver.StoreAsync, cancel);

            // 2
            var images = ArchivedImage.Of(contents);
            var named = ArchiveNaming.Apply(images, request.Prefix);
            await StoreMadeAsync(receiver, contents, images, cancel);

            // 3
            var work = WorkOf(request, snapshotter, named, contents, receiver);
            await RequireWholeAsync(held, contents, work, named, cancel);

            // 4
            await RequireFreeNamesAsync(held, work, cancel);
            return work;
        }
        catch (OciException fault)
        {
            throw ArchiveFault.From(fault);
        }
    }

    /// <summary>Throws <c>conflict</c> where a name stands for something else and may not be moved.</summary>
    public static async Task RequireFreeNamesAsync(NamespacedClient client, ImportWork work, CancellationToken cancel)
    {
        foreach (var image in work.Overwrite ? [] : work.Images)
        {
            if (await client.FindImageAsync(image.Name, cancel) is { } there && there.Target.Digest != image.Target.Digest)
            {
                throw Taken(image.Name, there.Target.Digest);
            }
        }
    }

    public static ProblemException Taken(string name, string digest) =>
        new(ProblemKinds.Conflict, $"{name} stands for {digest} already; import with overwrite=true to move it");

    private static async Task StoreMadeAsync(ArchiveReceiver receiver, ArchiveContents contents, IReadOnlyList<ArchivedImage> images, CancellationToken cancel)
    {
        foreach (var image in images.Where(image => image.Made is not null))
        {
            await receiver.StoreAsync(image.Target, image.Made!, cancel);
            contents.Add(image.Target);
        }
    }

    private static ImportWork WorkOf(
        ImportRequest request, string snapshotter, IReadOnlyList<NamedTarget> named, ArchiveContents contents, ArchiveReceiver receiver) => new()
        {
            Images = named.Select(name => new ImportedImage(name.Name, TargetView.From(name.Target))).ToArray(),
            Platforms = ImageRules.Normalise(request.Platform),
            Unpack = request.Unpack ?? true,
            Snapshotter = snapshotter,
            Overwrite = request.Overwrite ?? false,
            ArchiveBytes = contents.RawBytes,
            BlobsWritten = receiver.Written,
            BlobsExisting = receiver.Existing,
        };

    // The archive must hold all it names: what else stands in the namespace does not count.
    private static async Task RequireWholeAsync(
        NamespacedClient held, ArchiveContents contents, ImportWork work, IReadOnlyList<NamedTarget> named, CancellationToken cancel)
    {
        var walk = new ImageWalk((digest, _) => ValueTask.FromResult(contents.SizeOf(digest)), held.ReadDocumentAsync, work.Wanted, passesOverAbsent: false);
        foreach (var target in named.Select(name => name.Target).DistinctBy(target => target.Digest))
        {
            var choice = new UnpackChoice(work);
            await foreach (var document in walk.VisitAsync(target, cancel))
            {
                choice.Add(document);
            }

            choice.RequireUnpackable();
        }

        if (walk.Missing.Any)
        {
            throw ArchiveFault.Invalid($"it lacks {walk.Missing}" + (work.Platforms.Count is 0 ? "; where it holds some platforms only, name them with platform" : ""));
        }
    }
}
