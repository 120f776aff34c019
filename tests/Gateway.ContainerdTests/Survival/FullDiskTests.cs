using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>containerd's disk runs full at ever later moments of a pull. The gateway lives, says what is wrong, and goes on once there is room.</summary>
public sealed class FullDiskTests
{
    private const string Ns = "full";
    private const int Megabytes = 24;
    private static readonly int Points = Campaign.IsLong ? 100 : 14;

    // Stored and unpacked this takes some seven megabytes.
    private static readonly TestImage Image = TestImage.Of(Layer.Random(2_000_000, 81), Layer.Random(1_000_000, 82));

    [Fact]
    public async Task Pull_on_a_disk_with_little_room_succeeds_or_fails_as_insufficient_storage()
    {
        await using var containerd = await ContainerdDaemon.StartAsync(Versions.Oldest, diskMegabytes: Megabytes);
        await using var gateway = await GatewayProcess.StartAsync(containerd.Address, new Dictionary<string, string?> { ["Containerd__DefaultSnapshotter"] = "native" });
        await using var registry = await ScriptedRegistry.StartAsync();
        var reference = registry.Add("acme/app:1", Image);
        var filler = Path.Combine(containerd.Root, "filler");
        var failed = 0;
        for (var point = 0; point < Points; point++)
        {
            Fill(filler, leaving: 128 * 1024 + (11_000_000L * point / Points));
            var job = await gateway.Api.PullAsync(Ns, new { reference });
            File.Delete(filler);
            if ((string?)job["state"] is not "succeeded")
            {
                Assert.Equal("insufficient_storage", (string?)job["error"]?["code"]);
                failed++;
            }

            job = await gateway.Api.PullAsync(Ns, new { reference });
            Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
            await containerd.Ctr.RunAsync(Ns, "images", "rm", "--sync", reference);
            // A lease that could not be dropped on the full disk goes with the sweep, once a minute; the folder of an ingest that the daemon could not
            // record goes when the daemon next collects content, as it did with the image.
            await Wait.UntilAsync(async () => (await Invariants.CheckAsync(containerd, Ns, "native")).Count is 0, "nothing is left", seconds: 75);
        }

        Assert.InRange(failed, Points / 4, Points - 1); // both were seen
        Campaign.Report("containerd's disk full", Versions.Oldest, Points, (0, 0));
    }

    private static void Fill(string path, long leaving)
    {
        using var file = File.Create(path);
        var bytes = new byte[64 * 1024];
        while (new DriveInfo(path).AvailableFreeSpace > leaving)
        {
            file.Write(bytes);
            file.Flush();
        }
    }
}
