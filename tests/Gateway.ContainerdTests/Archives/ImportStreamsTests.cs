using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

/// <summary>An archive goes through the gateway into the content store, and stands nowhere on the way.</summary>
public sealed class ImportStreamsTests
{
    private const string App = "docker.io/acme/bulk:1";
    private const long ArchiveBytes = 300L << 20;

    // A fraction of the archive, and above what the job store and the logs write meanwhile.
    private const long MostBytes = 16L << 20;

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Nothing_of_a_large_archive_comes_to_the_gateways_disk(string version)
    {
        using var image = BulkImage.Create(layers: 3, ArchiveBytes, compressibleFraction: 0);
        var archive = await image.PackAsync(App);
        var temporary = Repo.NewFolder("temporary");
        try
        {
            await using var node = await Node.StartAsync(version, new Dictionary<string, string?> { ["TMPDIR"] = temporary, ["ASPNETCORE_TEMP"] = temporary });
            await using var ns = node.Containerd.NewNamespace("streams");
            DiskUse Now() => DiskUse.Of(node.Gateway.Id, node.Gateway.Folder, temporary);
            await node.Api.ImportAsync(ns.Name, TestArchive.OciLayout(("docker.io/acme/small:1", TestImage.Small(1))).ToBytes());
            var (before, standing, looks) = (Now(), 0L, 0);

            await using var body = File.OpenRead(archive);
            var import = node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{ns.Name}/images/import?unpack=false", new StreamContent(body), ("Prefer", "wait=60"));
            for (; !import.IsCompleted; looks++)
            {
                standing = Math.Max(standing, Now().StandingBytes);
                await Task.WhenAny(import, Task.Delay(20));
            }

            var answer = await import;
            Assert.True((int)answer.Status is 200, answer.Text);
            Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns.Name, App));
            var after = Now();
            Console.WriteLine($$"""{"measure":"import on disk","containerd":"{{version}}","looks":{{looks}},"standingBytes":{{standing - before.StandingBytes}},"writtenBytes":{{after.WrittenBytes - before.WrittenBytes}}}""");
            Assert.InRange(looks, 10, int.MaxValue);
            Assert.InRange(standing - before.StandingBytes, long.MinValue, MostBytes);
            Assert.InRange(after.WrittenBytes - before.WrittenBytes, 0, MostBytes);
            Assert.InRange(after.StandingBytes - before.StandingBytes, long.MinValue, MostBytes);
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }
}
