using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>An OCI image manifest or a Docker schema 2 manifest.</summary>
public sealed record ImageManifest : OciDocument
{
    /// <summary>What the image is configured with; of an artifact, anything.</summary>
    public required Descriptor Config { get; init; }

    /// <summary>The layers, lowest first.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    /// <summary>Whether this is a container image: its config is one and every layer is a file-system layer.</summary>
    [JsonIgnore]
    public bool IsUnpackable => MediaTypes.IsConfig(Config.MediaType) && Layers.All(layer => MediaTypes.IsLayer(layer.MediaType));

    private protected override void Check()
    {
        CheckDescriptor(Config, "config");
        if (Layers is null or { Count: > MaxLayers })
        {
            throw Invalid($"the manifest has {Layers?.Count.ToString() ?? "no list of"} layers; at most {MaxLayers} are accepted");
        }

        var total = Config.Size;
        for (var i = 0; i < Layers.Count; i++)
        {
            CheckDescriptor(Layers[i], $"layers[{i}]");
            if (MediaTypes.IsForeign(Layers[i].MediaType) || Layers[i].Urls is { Count: > 0 })
            {
                throw Invalid($"layers[{i}] is a foreign layer, to be fetched from somewhere else than the registry; those are not followed");
            }

            total = Layers[i].Size <= long.MaxValue - total ? total + Layers[i].Size : throw Invalid("the sizes of the layers overflow");
        }
    }
}
