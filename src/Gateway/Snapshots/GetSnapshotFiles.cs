using Gateway.Http;
using Gateway.Snapshots.Reading;
using Gateway.Snapshots.Trees;

namespace Gateway.Snapshots;

/// <summary>A file as a folder's list shows it.</summary>
/// <param name="Name">Its name. Bytes that are not UTF-8 stand as U+F780 to U+F7FF.</param>
/// <param name="Type">What it is.</param>
/// <param name="SizeBytes">Bytes of a regular file.</param>
/// <param name="Mode">Permission bits, four octal digits.</param>
/// <param name="Uid">Its owner.</param>
/// <param name="Gid">Its group.</param>
/// <param name="ModifiedAt">When it was last changed.</param>
/// <param name="LinkTarget">What a symbolic link says.</param>
internal sealed record FileView(string Name, FileType Type, long? SizeBytes, string Mode, long Uid, long Gid, DateTimeOffset ModifiedAt, string? LinkTarget);

/// <summary>getSnapshotFiles: a folder's list, a folder as a tar, or a file's bytes.</summary>
internal static class GetSnapshotFiles
{
    public const string Tar = "application/x-tar";
    public const string Bytes = "application/octet-stream";

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, string? path, [AsParameters] PageRequest page, SnapshotReader reader, CancellationToken cancel)
    {
        IResult answer = TypedResults.Empty;
        await reader.ReadAsync(new SnapshotName(@namespace, snapshotter, PathText.Decode(key)), async (layers, stop) =>
        {
            using var found = TreePath.Find(layers, path ?? "/");
            if (found.Entry is { } entry)
            {
                await SendAsync(http, path!, entry);
            }
            else if (Negotiation.Best(http, "application/json", Tar) is Tar)
            {
                http.Response.ContentType = Tar;
                http.Response.Headers.CacheControl = "no-store";
                await TreeTar.WriteAsync(found.Folder, http.Response.Body, stop);
            }
            else
            {
                answer = Paging.Answer(http, ListOf(found.Folder, page));
            }
        }, cancel);
        return answer;
    }

    private static Page<FileView> ListOf(TreeFolder folder, PageRequest page)
    {
        var (size, after) = (page.Size(), page.After());
        var items = folder.Names().Where(name => after is null || string.CompareOrdinal(name, after) > 0)
            .Select(name => (Name: name, Entry: folder.Find(name))).Where(pair => pair.Entry is not null)
            .Select(pair => ViewOf(pair.Name, pair.Entry!)).Take(size + 1).ToArray();
        return items.Length <= size ? new Page<FileView>(items, null) : new Page<FileView>(items[..size], Paging.Seal(items[size - 1].Name));
    }

    private static FileView ViewOf(string name, TreeEntry entry)
    {
        var facts = entry.Facts;
        return new FileView(name, facts.Type, facts.SizeBytes, facts.ModeText, facts.Uid, facts.Gid, facts.ModifiedAt, entry.LinkTarget);
    }

    // Sent from within, while the snapshot is held. A stranger's bytes: no browser is to take them for a page.
    private static async Task SendAsync(HttpContext http, string path, TreeEntry entry)
    {
        if (entry.Facts.Type is not FileType.File)
        {
            throw new ProblemException(ProblemKinds.FileNotReadable, $"'{path}' is a {GatewayJson.Spell(entry.Facts.Type)}, which has no bytes to read");
        }

        RequireSatisfiable(http, entry.Facts.Size);
        using var file = entry.OpenFile() ?? throw new ProblemException(ProblemKinds.NotFound, $"the snapshot has no '{path}' any more");
        await using var bytes = new MeasuredStream(file, entry.Facts.Size);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.ContentDisposition = "attachment";
        // The framework takes a range of any unit for one of bytes.
        var isRanged = http.Request.GetTypedHeaders().Range?.Unit == "bytes";
        await TypedResults.Stream(bytes, Bytes, lastModified: entry.Facts.ModifiedAt, enableRangeProcessing: isRanged).ExecuteAsync(http);
    }
    // The framework answers this one without a body.
    private static void RequireSatisfiable(HttpContext http, long size)
    {
        var request = http.Request.GetTypedHeaders();
        if (request is { IfRange: null, Range: { Unit.Value: "bytes", Ranges.Count: 1 } } && request.Range.Ranges.Single() is var range
            && (range.From >= size || (range.From is null && (range.To is 0 || size is 0))))
        {
            throw new ProblemException(ProblemKinds.RangeNotSatisfiable, $"the range lies outside the {size} bytes") { Header = ("Content-Range", $"bytes */{size}") };
        }
    }
}
