using System.Buffers;
using System.Text.Json;
using Gateway.Http;
using Gateway.Snapshots.Reading;
using Gateway.Snapshots.Trees;

namespace Gateway.Snapshots;

/// <summary>listSnapshotChanges: one row a path, in pages or as lines of JSON.</summary>
internal static class ListSnapshotChanges
{
    public const string Lines = "application/x-ndjson";

    // What is written between two flushes, in bytes.
    private const int FlushBytes = 64 * 1024;

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, string? @base, [AsParameters] PageRequest page, SnapshotReader reader, CancellationToken cancel)
    {
        var isStream = Negotiation.Best(http, "application/json", Lines) is Lines;
        var (size, after) = (page.Size(), page.After());
        var items = new List<TreeChange>();
        await reader.CompareAsync(new SnapshotName(@namespace, snapshotter, PathText.Decode(key)), @base, async (comparison, stop) =>
        {
            if (isStream)
            {
                await WriteAsync(http, comparison.Changes(after, stop), stop);
                return;
            }

            items.AddRange(comparison.Changes(after, stop).Take(size + 1));
        }, cancel);
        return isStream ? TypedResults.Empty
            : Paging.Answer(http, items.Count <= size ? new Page<TreeChange>(items, null) : new Page<TreeChange>(items[..size], Paging.Seal(items[size - 1].Path)));
    }

    private static async Task WriteAsync(HttpContext http, IEnumerable<TreeChange> changes, CancellationToken cancel)
    {
        http.Response.ContentType = Lines;
        http.Response.Headers.CacheControl = "no-store";
        var body = http.Response.BodyWriter;
        await using var json = new Utf8JsonWriter(body);
        foreach (var change in changes)
        {
            JsonSerializer.Serialize(json, change, GatewayJson.Options);
            await json.FlushAsync(cancel);
            json.Reset();
            body.Write("\n"u8);
            if (body.UnflushedBytes > FlushBytes)
            {
                await body.FlushAsync(cancel);
            }
        }

        await body.FlushAsync(cancel);
    }
}
