using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.TestKit;

/// <summary>An image or index with everything it is made of. Written independently of the code under test.</summary>
public sealed class TestImage
{
    /// <summary>Manifests and indexes by digest.</summary>
    public Dictionary<string, (string MediaType, byte[] Bytes)> Manifests { get; } = [];

    /// <summary>Configs and layers by digest.</summary>
    public Dictionary<string, byte[]> Blobs { get; } = [];

    /// <summary>What a tag stands for.</summary>
    public string Digest { get; private set; } = "";

    public string MediaType { get; private set; } = "";

    public string ConfigDigest { get; private set; } = "";

    /// <summary>Keys of the snapshots, lowest first; of a single image.</summary>
    public IReadOnlyList<string> ChainIds { get; private set; } = [];

    public IReadOnlyList<Layer> Layers { get; private set; } = [];

    public static TestImage Of(params Layer[] layers) => Of(layers, docker: false);

    /// <param name="layers">Lowest first.</param>
    /// <param name="docker">Docker's media types instead of OCI's.</param>
    /// <param name="platform">Of the config.</param>
    /// <param name="diffIds">What the config says of the layers where that is not the truth.</param>
    /// <param name="fields">Of the config, in the place of its own.</param>
    public static TestImage Of(
        IReadOnlyList<Layer> layers, bool docker, string platform = "linux/amd64", IReadOnlyList<string>? diffIds = null, JsonObject? fields = null)
    {
        var parts = platform.Split('/');
        var config = new JsonObject
        {
            ["architecture"] = parts[1],
            ["os"] = parts[0],
            ["variant"] = parts.Length > 2 ? parts[2] : null,
            ["config"] = new JsonObject { ["Cmd"] = new JsonArray("/bin/true"), ["Env"] = new JsonArray("PATH=/bin"), ["Labels"] = new JsonObject { ["made.by"] = "test" } },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = Texts(diffIds ?? layers.Select(layer => layer.DiffId)) },
            ["history"] = new JsonArray(layers.Select(layer => (JsonNode)new JsonObject { ["created_by"] = layer.DiffId }).ToArray()),
        };
        foreach (var (name, value) in fields ?? [])
        {
            config[name] = value?.DeepClone();
        }

        var image = new TestImage { Layers = layers };
        image.ConfigDigest = image.AddBlob(Bytes(config));
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = docker ? "application/vnd.docker.distribution.manifest.v2+json" : "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Descriptor(docker ? "application/vnd.docker.container.image.v1+json" : "application/vnd.oci.image.config.v1+json", image.ConfigDigest, image.Blobs[image.ConfigDigest].Length),
            ["layers"] = new JsonArray(layers.Select(layer => (JsonNode)Descriptor(layer.MediaType(docker), image.AddBlob(layer.Bytes), layer.Bytes.Length)).ToArray()),
        };
        image.AddTop(manifest);
        image.ChainIds = ChainOf(diffIds ?? layers.Select(layer => layer.DiffId).ToArray());
        return image;
    }

    /// <summary>Anything under a manifest's media type.</summary>
    public static TestImage Raw(string mediaType, string json)
    {
        var image = new TestImage();
        image.AddTop(mediaType, Encoding.UTF8.GetBytes(json));
        return image;
    }

    public static TestImage Artifact(byte[] content)
    {
        var image = new TestImage();
        var config = image.AddBlob("{}"u8.ToArray());
        var layer = image.AddBlob(content);
        image.ConfigDigest = config;
        image.AddTop(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["artifactType"] = "application/vnd.example.thing",
            ["config"] = Descriptor("application/vnd.oci.empty.v1+json", config, 2),
            ["layers"] = new JsonArray(Descriptor("application/vnd.example.thing.data", layer, content.Length)),
        });
        return image;
    }

    /// <summary>An index of images, each with its platform; null leaves the platform out of the descriptor.</summary>
    public static TestImage Index(bool docker, params (string? Platform, TestImage Image)[] entries)
    {
        var index = new TestImage();
        var descriptors = new JsonArray();
        foreach (var (platform, image) in entries)
        {
            foreach (var (digest, manifest) in image.Manifests)
            {
                index.Manifests[digest] = manifest;
            }

            foreach (var (digest, blob) in image.Blobs)
            {
                index.Blobs[digest] = blob;
            }

            var entry = Descriptor(image.MediaType, image.Digest, image.Manifests[image.Digest].Bytes.Length);
            if (platform?.Split('/') is { } parts)
            {
                entry["platform"] = new JsonObject { ["os"] = parts[0], ["architecture"] = parts[1] };
                if (parts.Length > 2)
                {
                    entry["platform"]!["variant"] = parts[2];
                }
            }

            descriptors.Add(entry);
        }

        index.AddTop(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = docker ? "application/vnd.docker.distribution.manifest.list.v2+json" : "application/vnd.oci.image.index.v1+json",
            ["manifests"] = descriptors,
        });
        return index;
    }

    /// <summary>A small image for a platform, different from every other seed's.</summary>
    public static TestImage Small(int seed, string platform = "linux/amd64") =>
        Of([Layer.Of(Compression.Gzip, ("etc/", "dir:"), ("etc/seed", $"seed {seed} for {platform}"))], docker: false, platform);

    private static JsonObject Descriptor(string mediaType, string digest, long size) => new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size };

    private static JsonArray Texts(IEnumerable<string> texts) => new(texts.Select(text => (JsonNode)text).ToArray());

    private static byte[] Bytes(JsonNode json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    /// <summary>image-spec, "Layer ChainID": the first is its diff id, each further one the hash of the chain below and its diff id.</summary>
    internal static string[] ChainOf(IReadOnlyList<string> diffIds)
    {
        var chain = new List<string>();
        foreach (var diffId in diffIds)
        {
            chain.Add(chain.Count is 0 ? diffId : Layer.Hash(Encoding.ASCII.GetBytes($"{chain[^1]} {diffId}")));
        }

        return [.. chain];
    }

    private string AddBlob(byte[] bytes)
    {
        var digest = Layer.Hash(bytes);
        Blobs[digest] = bytes;
        return digest;
    }

    private void AddTop(JsonObject document) => AddTop((string)document["mediaType"]!, Bytes(document));

    private void AddTop(string mediaType, byte[] bytes)
    {
        (Digest, MediaType) = (Layer.Hash(bytes), mediaType);
        Manifests[Digest] = (mediaType, bytes);
    }
}
