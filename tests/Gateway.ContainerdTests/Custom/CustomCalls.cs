using System.Formats.Tar;
using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Custom;

/// <summary>Commit and compose over HTTP, and what they work on.</summary>
internal static class CustomCalls
{
    /// <summary>An image with a shell, so that its children can say what they are.</summary>
    public static TestImage Base(bool docker = false) => TestImage.Of([Shell, Seed], docker);

    public static Layer Seed { get; } = Layer.Of(Compression.Gzip, ("etc/", "dir:"), ("etc/seed", "seed"), ("etc/stays", "stays"));

    private static Layer Shell { get; } = Layer.Of(Compression.Gzip, ShellTar());

    /// <summary>Starts a job; gives its id.</summary>
    public static async Task<string> StartAsync(this GatewayApi api, string call, string ns, object request)
    {
        var answer = await api.PostAsync($"/v1/namespaces/{ns}/images/{call}", request);
        return answer.Status is HttpStatusCode.Accepted ? (string)answer.Json["id"]! : throw new InvalidOperationException($"{answer.Status}: {answer.Text}");
    }

    /// <summary>Runs a job to its end, which must be a success; gives its result.</summary>
    public static async Task<JsonObject> MakeAsync(this GatewayApi api, string call, string ns, object request)
    {
        var job = await api.EndOfAsync(await api.StartAsync(call, ns, request));
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        Assert.Equal($"image.{call}", (string?)job["kind"]);
        Assert.Equal(100, (int)job["progress"]!["percent"]!);
        return job["result"]!.AsObject();
    }

    /// <summary>Brings an image, and with it its layers, into the namespace; gives its name.</summary>
    public static async Task<string> BringAsync(this Nodes nodes, Node node, string ns, TestImage image, bool unpack = true, string snapshotter = "overlayfs")
    {
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("custom"), image);
        var job = await node.Api.PullAsync(ns, unpack ? new { reference, snapshotter } : new { reference, unpack });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        return reference;
    }

    /// <summary>What the API shows of the image's only platform.</summary>
    public static async Task<JsonNode> PlatformAsync(this GatewayApi api, string ns, string name) =>
        (await api.GetAsync($"/v1/namespaces/{ns}/images/{Uri.EscapeDataString(name)}")).Json["platforms"]!.AsArray().Single()!;

    /// <summary>Prepares an active snapshot and lets a shell change it in its mount, as a container would.</summary>
    public static async Task ChangeAsync(this Ctr ctr, string ns, string key, string parent, string script, string snapshotter = "overlayfs")
    {
        await ctr.RunAsync(ns, ["snapshots", "--snapshotter", snapshotter, "prepare", key, .. parent.Length is 0 ? (string[])[] : [parent]]);
        var folder = Repo.NewFolder("change");
        var mount = await ctr.RunAsync(ns, "snapshots", "--snapshotter", snapshotter, "mounts", folder, key);
        await ChildProcess.RunAsync("sh", "-c", $"set -e; {mount}\ncd {folder}; {script}; cd /; umount {folder}");
        Directory.Delete(folder);
    }

    public static Task RemoveSnapshotAsync(this Ctr ctr, string ns, string key, string snapshotter = "overlayfs") =>
        ctr.RunAsync(ns, "snapshots", "--snapshotter", snapshotter, "rm", key);

    private static byte[] ShellTar()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "bin/") { Mode = (UnixFileMode)0b111_101_101 });
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "bin/sh")
            {
                Mode = (UnixFileMode)0b111_101_101,
                DataStream = new MemoryStream(File.ReadAllBytes("/usr/bin/busybox")),
            });
        }

        return tar.ToArray();
    }
}
