using System.Globalization;
using System.Text.Json.Nodes;

namespace Gateway.Oci.Writing;

/// <summary>Writes the config of an image that is made from another one, or from nothing (image-spec v1.1 config.md).</summary>
/// <remarks>Fields of the base that no spec names stay as they are, in their order. The same input gives the same bytes.</remarks>
public static class ConfigWriter
{
    /// <summary>The config of an image without layers, to begin with.</summary>
    public static byte[] Scratch(Platform platform)
    {
        var config = new JsonObject { ["architecture"] = platform.Architecture, ["os"] = platform.Os };
        if (platform.Variant is not null)
        {
            config["variant"] = platform.Variant;
        }

        config["config"] = new JsonObject();
        config["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray() };
        config["history"] = new JsonArray();
        return WrittenJson.Bytes(config);
    }

    /// <summary>The new image's config.</summary>
    /// <param name="from">The base's config. One that <see cref="ImageConfig.Parse"/> refuses ends in the same fault.</param>
    /// <param name="image">What is new.</param>
    public static byte[] Write(ReadOnlySpan<byte> from, NewImage image)
    {
        var before = ImageConfig.Parse(from).Execution;
        var config = JsonNode.Parse(from)!.AsObject();
        config["created"] = Time(image.Created);
        if (image.Author is not null)
        {
            config["author"] = image.Author;
        }

        ExecutionWriter.Change(WrittenJson.ObjectIn(config, "config"), before, image.Changes);
        var root = WrittenJson.ObjectIn(config, "rootfs");
        root["type"] = "layers";
        var diffIds = WrittenJson.ArrayIn(root, "diff_ids");
        foreach (var layer in image.Layers)
        {
            diffIds.Add((JsonNode)layer.DiffId.ToString());
        }

        AddHistory(WrittenJson.ArrayIn(config, "history"), image);
        return WrittenJson.Bytes(config);
    }

    // A step a layer, or one that made none: readers count the steps that made a layer.
    private static void AddHistory(JsonArray history, NewImage image)
    {
        var steps = Math.Max(1, image.Layers.Count);
        for (var i = 0; i < steps; i++)
        {
            var step = new JsonObject { ["created"] = Time(image.Created), ["created_by"] = image.CreatedBy };
            AddText(step, "author", image.Author);
            AddText(step, "comment", i == steps - 1 ? image.Comment : null);
            if (image.Layers.Count is 0)
            {
                step["empty_layer"] = true;
            }

            history.Add((JsonNode)step);
        }
    }

    private static void AddText(JsonObject step, string name, string? text)
    {
        if (text is not null)
        {
            step[name] = text;
        }
    }

    // As Go writes times: no fraction where it is zero.
    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
