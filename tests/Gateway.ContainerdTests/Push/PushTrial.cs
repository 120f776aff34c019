using System.Text;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Push;

/// <summary>What the tests of pushing share: bringing an image here, and looking at a registry through other doors.</summary>
internal static class PushTrial
{
    /// <summary>The repository that images are brought from.</summary>
    public const string Source = "source/image";

    /// <summary>Brings an image with all its platforms into a namespace, from a registry that is gone afterwards; gives its name.</summary>
    public static async Task<string> BringAsync(Node node, string ns, TestImage image, bool unpack = false)
    {
        await using var source = await ScriptedRegistry.StartAsync();
        return await PullAsync(node, ns, source.Add($"{Source}:1", image), unpack);
    }

    /// <summary>Pulls all platforms; gives the reference.</summary>
    public static async Task<string> PullAsync(Node node, string ns, string reference, bool unpack = false)
    {
        var job = await node.Api.PullAsync(ns, new { reference, unpack, allPlatforms = true });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        return reference;
    }

    /// <summary>The digest of what a reference names, by skopeo.</summary>
    public static async Task<string> SkopeoDigestAsync(string reference, params string[] options) =>
        Layer.Hash(Encoding.UTF8.GetBytes(await ChildProcess.RunAsync("skopeo", ["inspect", "--raw", "--tls-verify=false", .. options, $"docker://{reference}"])));

    /// <summary>The job succeeded and says that the target names the digest.</summary>
    public static JsonNode Succeeded(JsonObject job, string digest)
    {
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        Assert.Equal(digest, (string?)job["result"]!["digest"]);
        Assert.Equal(100, (int)job["progress"]!["percent"]!);
        return job["result"]!;
    }

    /// <summary>What the registry took from another of its repositories. Of that, containerd's Transfer service tells only that it is there.</summary>
    public static JsonNode Mounted(JsonNode result, string version) => result[version is Versions.Transfer ? "existing" : "mounted"]!;

    /// <summary>Nothing of a push is left: the namespace holds the image and no more.</summary>
    public static async Task IsCleanAsync(Node node, string ns) => Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns));

    public static string Code(JsonObject job) => (string?)job["error"]?["code"] ?? job.ToJsonString();
}
