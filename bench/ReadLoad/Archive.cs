using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ReadLoad;

/// <summary>Many images in one archive: one layer for all, a config of its own for each.</summary>
internal static class Archive
{
    public static void Write(int count, string path)
    {
        using var file = File.Create(path);
        using var tar = new TarWriter(file, TarEntryFormat.Ustar);
        var layer = Layer();
        Add(tar, "layer.tar", layer);
        var manifest = new JsonArray();
        for (var number = 0; number < count; number++)
        {
            var config = Encoding.UTF8.GetBytes(Config(number, Convert.ToHexStringLower(SHA256.HashData(layer))).ToJsonString());
            var name = Convert.ToHexStringLower(SHA256.HashData(config)) + ".json";
            Add(tar, name, config);
            manifest.Add(new JsonObject
            {
                ["Config"] = name,
                ["RepoTags"] = new JsonArray($"docker.io/bench/image-{number:D5}:1"),
                ["Layers"] = new JsonArray("layer.tar"),
            });
        }

        Add(tar, "manifest.json", Encoding.UTF8.GetBytes(manifest.ToJsonString()));
    }

    private static JsonObject Config(int number, string diffId) => new()
    {
        ["architecture"] = "amd64",
        ["os"] = "linux",
        ["created"] = "2024-01-01T00:00:00Z",
        ["config"] = new JsonObject
        {
            ["Cmd"] = new JsonArray("/bin/app"),
            ["Env"] = new JsonArray("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ["Labels"] = new JsonObject { ["number"] = number.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        },
        ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray($"sha256:{diffId}") },
        ["history"] = new JsonArray(new JsonObject { ["created"] = "2024-01-01T00:00:00Z", ["created_by"] = "bench" }),
    };

    private static byte[] Layer()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Add(tar, "file", Encoding.UTF8.GetBytes("the one layer"));
        }

        return bytes.ToArray();
    }

    private static void Add(TarWriter tar, string name, byte[] content) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), ModificationTime = DateTimeOffset.UnixEpoch });
}
