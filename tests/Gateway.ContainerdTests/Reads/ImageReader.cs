using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Gateway.ContainerdTests.Reads;

/// <summary>Asks for the images that <see cref="ImageWriters"/> change, and says what is stale in the answers.</summary>
public sealed class ImageReader(Node node, string ns, ImageWriters writers)
{
    private static readonly string[] Lists = ["?", "?view=full", "?filter=name~=w/", "?pageSize=1000&view=full&filter=name", "?filter=name~=(?i)W/"];

    /// <summary>One read of the given number; null where it is fresh.</summary>
    public async Task<string?> ReadAsync(long number)
    {
        // Two of three ask for one image.
        if (number % 3 is not 0)
        {
            var name = writers.Names[(int)(number / 3 % writers.Names.Count)];
            var low = writers.Acknowledged(name);
            using var answer = await node.Api.Http.GetAsync($"/v1/namespaces/{ns}/images/{name}");
            using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
            return Judge(name, answer.StatusCode is HttpStatusCode.NotFound ? null : document.RootElement, low, writers.Begun(name));
        }

        var lows = writers.Names.ToDictionary(name => name, writers.Acknowledged);
        using var list = await node.Api.Http.GetAsync($"/v1/namespaces/{ns}/images{Lists[number / 3 % Lists.Length]}");
        using var page = JsonDocument.Parse(await list.Content.ReadAsByteArrayAsync());
        var items = page.RootElement.GetProperty("items").EnumerateArray().ToDictionary(item => item.GetProperty("name").GetString()!);
        return writers.Names.Select(name => Judge(name, items.TryGetValue(name, out var item) ? item : null, lows[name], writers.Begun(name)))
            .FirstOrDefault(stale => stale is not null);
    }

    private string? Judge(string name, JsonElement? image, long low, long high)
    {
        if (name is ImageWriters.ComesAndGoes)
        {
            // Both are right while a change is under way.
            return low == high && image is null != (low % 2 is 0) ? $"{name} is {(image is null ? "absent" : "there")} at change {low}" : null;
        }

        if (image is not { } record)
        {
            return $"{name} is absent";
        }

        var target = record.GetProperty("target").GetProperty("digest").GetString();
        if (name is ImageWriters.Tagged or ImageWriters.Imported || name == writers.Pulled)
        {
            return low == high && target != ImageWriters.TargetOf(name, low) ? $"{name} stands for {target} at change {low}" : null;
        }

        var seen = long.Parse(record.GetProperty("labels").GetProperty("v").GetString()!, CultureInfo.InvariantCulture);
        return seen < low || seen > high ? $"{name} is of change {seen}, but {low} was acknowledged and {high} begun"
            : name is ImageWriters.Moved && target != ImageWriters.TargetOf(name, seen) ? $"{name} mixes two changes"
            : null;
    }
}
