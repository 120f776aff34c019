using System.Text;
using Gateway.Oci;
using static Gateway.Tests.Oci.Documents;

namespace Gateway.Tests.Oci;

/// <summary>The whole way from an index to the names of snapshots, as the library's README shows it.</summary>
public sealed class WalkTests
{
    [Fact]
    public void An_index_leads_to_the_snapshots_of_the_wanted_platform()
    {
        var blobs = new Dictionary<Digest, byte[]>();
        string[] diffIds = [Digest.Of("lower"u8).ToString(), Digest.Of("upper"u8).ToString()];
        var config = Add($$$"""{"os":"linux","architecture":"arm64","rootfs":{"type":"layers","diff_ids":["{{{string.Join("\",\"", diffIds)}}}"]}}""", MediaTypes.OciConfig);
        var layers = Descriptor(MediaTypes.OciLayerGzip) + "," + Descriptor(MediaTypes.OciLayerGzip, DigestB);
        var manifest = Add(Manifest(config, layers), MediaTypes.OciManifest, ""","platform":{"os":"linux","architecture":"arm64"}""");
        var index = Encoding.UTF8.GetBytes(Index(Entry("linux/amd64") + "," + manifest));

        var snapshots = SnapshotsOf("linux/arm64/v8", index, descriptor => blobs[descriptor.Digest]);

        Assert.Equal([diffIds[0], Digest.Of(Encoding.ASCII.GetBytes($"{diffIds[0]} {diffIds[1]}")).ToString()], snapshots.Select(id => id.ToString()));

        string Add(string json, string mediaType, string more = "")
        {
            var bytes = Encoding.UTF8.GetBytes(json);
            blobs[Digest.Of(bytes)] = bytes;
            return Descriptor(mediaType, Digest.Of(bytes).ToString(), $"{bytes.Length}", more);
        }
    }

    [Fact]
    public void The_readme_shows_this_code()
    {
        var readme = File.ReadAllText(Path.Combine(Architecture.SourceTree.Root, "src/Gateway.Oci/README.md"));
        var here = File.ReadAllText(Path.Combine(Architecture.SourceTree.Root, "tests/Gateway.Tests/Oci/WalkTests.cs"));
        var example = readme.Split("```csharp\n")[1].Split("```")[0];

        Assert.Contains(string.Concat(example.TrimEnd().Split('\n').Select(line => $"    {line}\n")).Replace("    static", "    private static", StringComparison.Ordinal),
            here, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Digest> SnapshotsOf(string wanted, byte[] indexBytes, Func<Descriptor, byte[]> fetch)
    {
        var index = (ImageIndex)OciDocument.Parse(indexBytes, MediaTypes.OciIndex);
        var entry = PlatformMatcher.Choose(Platform.Parse(wanted), index);
        var manifest = (ImageManifest)OciDocument.Parse(fetch(entry), entry.MediaType);
        var config = ImageConfig.Parse(fetch(manifest.Config));
        config.RequireFits(manifest);
        return ChainId.Of(config.DiffIds);
    }
}
