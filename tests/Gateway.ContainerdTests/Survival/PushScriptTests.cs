using System.Collections.Concurrent;
using Gateway.ContainerdTests.Push;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>
/// A registry that misbehaves in each phase of a push, once and for ever. Each script has one exact outcome, nothing but the image stays here, and there a tag
/// never names what is not whole.
/// </summary>
public sealed class PushScriptTests(Nodes nodes)
{
    private const string Uploads = "/blobs/uploads/";
    private const string InPieces = " in pieces";
    private const string Mount = "POST of a mount";

    private static readonly TestImage Amd64 = TestImage.Of(Layer.Random(200_000, 77));
    private static readonly TestImage Image = TestImage.Index(docker: false, ("linux/amd64", Amd64));

    private static readonly ScriptPlace[] Places =
    [
        new("HEAD of a blob", $"/blobs/{Amd64.Layers[0].Digest}", "HEAD", RegistryScripts.BlobLooks),
        new("POST of an upload", Uploads, "POST", RegistryScripts.Begins),
        new(Mount, Uploads, "POST", RegistryScripts.Mounts),
        new("PUT of a blob", Uploads, "PUT", RegistryScripts.Wholes),
        new("PATCH" + InPieces, Uploads, "PATCH", RegistryScripts.Pieces),
        new("PUT" + InPieces, Uploads, "PUT", RegistryScripts.Ends),
        new("PUT of a manifest", "/manifests/sha256:", "PUT", RegistryScripts.Manifests),
        new("HEAD of the tag", "/manifests/1", "HEAD", RegistryScripts.TagLooks),
        new("PUT of the tag", "/manifests/1", "PUT", RegistryScripts.Tags),
    ];

    // A push makes nothing here, so that a namespace serves the next as well, but for one whose blobs are known to be in a second repository.
    private readonly ConcurrentBag<(string Namespace, string Reference)> prepared = [];

    [Theory]
    [InlineData(Versions.Oldest)]
    public Task Every_script_has_its_outcome(string version)
    {
        var scripts = (from place in Places from script in place.Scripts select place.TrialsOf(script)).ToArray();
        return ScriptCampaign.RunAsync("registry scripts of pushes", version, scripts.Sum(trials => trials.Length), scripts, async (node, trials) =>
        {
            var image = prepared.TryTake(out var kept) ? kept : await PrepareAsync(node);
            var wrong = new List<string>();
            foreach (var trial in trials)
            {
                wrong.AddRange(await PushAsync(node, trial, image.Namespace, image.Reference));
            }

            wrong.AddRange(await ScriptCampaign.LeftAsync(node, image.Namespace, trials[^1]));
            if (wrong.Count is 0 && trials[0].Place.Name is not Mount)
            {
                prepared.Add(image);
            }

            return wrong;
        });
    }

    private async Task<(string Namespace, string Reference)> PrepareAsync(Node node)
    {
        var ns = nodes.NewName("script");
        return (ns, await PushTrial.BringAsync(node, ns, Image));
    }

    private static async Task<IEnumerable<string>> PushAsync(Node node, ScriptTrial trial, string ns, string reference)
    {
        await using var registry = await ScriptedRegistry.StartAsync(wantsToken: true);
        if (trial.Place.Name.EndsWith(InPieces, StringComparison.Ordinal))
        {
            // Where one blob is not taken whole, the whole push goes in pieces.
            registry.Faults.On(Uploads, Faults.Status(413), times: 1, "PUT");
        }

        trial.Arm(registry);
        // The blobs are known to be in the repository they came from: to any other a mount is tried first.
        var repository = trial.Place.Name is Mount ? "acme/app" : PushTrial.Source;
        var job = await node.Api.PushAsync(ns, new { reference, target = $"{registry.Host}/{repository}:1", timeout = trial.Script.Timeout });
        return [.. trial.WrongEnd(job), .. WrongThere(registry.Pushed, repository, trial, (string?)job["state"] is Script.Done)];
    }

    // Whatever the end, a tag names the whole image; and one that has succeeded has left a tag.
    private static IEnumerable<string> WrongThere(ScriptedUploads pushed, string repository, ScriptTrial trial, bool done)
    {
        var (tag, names) = (pushed.Find(repository, "1")?.Digest, pushed.NamesIn(repository).ToHashSet());
        if (tag is null ? done : tag != Image.Digest || !names.IsSupersetOf([.. Image.Manifests.Keys, .. Image.Blobs.Keys]))
        {
            yield return $"{trial}: the tag names {tag ?? "nothing"}, and there are {string.Join(", ", names)}";
        }
    }
}
