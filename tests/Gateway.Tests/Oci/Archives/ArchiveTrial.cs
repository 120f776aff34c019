using Gateway.Oci;
using Gateway.Oci.Archives;

namespace Gateway.Tests.Oci.Archives;

/// <summary>An import into memory: the format alone, all steps up to the names.</summary>
internal sealed class ArchiveTrial
{
    private readonly Dictionary<Digest, byte[]> stored = [];

    public IReadOnlyList<NamedTarget> Names { get; private set; } = [];

    public ArchiveContents Contents { get; private set; } = null!;

    public byte[] this[Digest digest] => stored[digest];

    public static Task<ArchiveTrial> ImportAsync(byte[] archive, string? prefix = null, string[]? platforms = null, long maxBytes = 1L << 30) =>
        ImportAsync(new MemoryStream(archive), prefix, platforms, maxBytes);

    public static async Task<ArchiveTrial> ImportAsync(Stream archive, string? prefix = null, string[]? platforms = null, long maxBytes = 1L << 30)
    {
        var trial = new ArchiveTrial();
        try
        {
            await trial.RunAsync(archive, prefix, (platforms ?? []).Select(Platform.Parse).ToArray(), maxBytes);
        }
        catch (OciException fault)
        {
            throw ArchiveFault.From(fault);
        }

        return trial;
    }

    /// <summary>The fault of an archive that must be refused.</summary>
    public static async Task<OciException> RefusalAsync(byte[] archive, string? prefix = null, string[]? platforms = null, long maxBytes = 1L << 30)
    {
        var fault = await Assert.ThrowsAsync<OciException>(() => ImportAsync(archive, prefix, platforms, maxBytes));
        Assert.True(fault.Fault is OciFault.ArchiveInvalid or OciFault.ArchiveTooLarge, fault.ToString());
        Assert.StartsWith("the archive cannot be imported: ", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        return fault;
    }

    private async Task RunAsync(Stream archive, string? prefix, Platform[] platforms, long maxBytes)
    {
        Contents = await ArchiveReader.ReadAsync(archive, new ArchiveLimits(maxBytes), StoreAsync, TestContext.Current.CancellationToken);
        var images = ArchivedImage.Of(Contents);
        Names = ArchiveNaming.Apply(images, prefix);
        foreach (var image in images.Where(image => image.Made is not null))
        {
            stored[image.Target.Digest] = image.Made!;
            Contents.Add(image.Target);
        }

        var walk = new ImageWalk((digest, _) => ValueTask.FromResult(Contents.SizeOf(digest)), (digest, _) => Task.FromResult(stored[digest]), platforms, passesOverAbsent: false);
        foreach (var name in Names)
        {
            await foreach (var document in walk.VisitAsync(name.Target, TestContext.Current.CancellationToken))
            {
                if (document is { Config: { } config, Document: ImageManifest manifest })
                {
                    config.RequireFits(manifest);
                }
            }
        }

        if (walk.Missing.Any)
        {
            throw ArchiveFault.Invalid($"it lacks {walk.Missing}");
        }
    }

    private async Task<Digest> StoreAsync(ArchiveFile file, CancellationToken cancel)
    {
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes, cancel);
        var digest = file.Finish();
        stored[digest] = bytes.ToArray();
        Assert.Equal(Digest.Of(bytes.ToArray()), digest);
        return digest;
    }
}
