using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>
/// A registry that misbehaves in each phase of a pull, once and for ever, in every way it can. Each script has one exact outcome, and none leaves anything.
/// </summary>
public sealed class RegistryScriptTests(Nodes nodes)
{
    private static readonly TestImage Amd64 = TestImage.Of(Layer.Random(2_000, 75));

    private static readonly (string Name, TestImage Image)[] Shapes =
    [
        ("oci", TestImage.Of(Layer.Random(200_000, 71), Layer.Random(1_000, 72))),
        ("docker", TestImage.Of([Layer.Random(200_000, 73), Layer.Random(1_000, 74)], docker: true)),
        ("index", TestImage.Index(docker: false, ("linux/amd64", Amd64), ("linux/arm64", TestImage.Small(76, "linux/arm64")))),
    ];

    private static readonly (string Name, object? Auth, Script[] Scripts)[] Callers =
    [
        ("nobody", null, RegistryScripts.Tokens),
        ("a password", new { username = "user", password = Canary.New() }, RegistryScripts.PasswordTokens),
        ("a refresh token", new { identityToken = Canary.New() }, RegistryScripts.RefusedTokens),
    ];

    [Theory]
    [InlineData(Versions.Oldest)]
    public Task Every_script_has_its_outcome(string version)
    {
        var head = new ScriptPlace("HEAD", "/manifests/1", "HEAD", RegistryScripts.Resolves); // whatever the shape
        var places = Shapes.SelectMany(shape => PlacesOf(shape.Name, shape.Image).Select(place => (place, shape.Image))).Prepend((place: head, Shapes[0].Image));
        var trials = (from one in places from trial in one.place.Trials select (trial, one.Image)).ToArray();
        return ScriptCampaign.RunAsync("registry scripts", version, trials.Length, trials, async (node, one) =>
        {
            await using var registry = await ScriptedRegistry.StartAsync();
            return await PullAsync(node, one.trial, registry, one.Image);
        });
    }

    [Theory]
    [InlineData(Versions.Oldest)]
    public Task Every_script_of_a_token_server_has_its_outcome(string version)
    {
        var trials = (from caller in Callers from trial in new ScriptPlace($"the token for {caller.Name}", "/token", Method: null, caller.Scripts).Trials select (trial, caller.Auth)).ToArray();
        return ScriptCampaign.RunAsync("token server scripts", version, trials.Length, trials, async (node, one) =>
        {
            await using var registry = await ScriptedRegistry.StartAsync(wantsToken: true);
            var wrong = await PullAsync(node, one.trial, registry, Amd64, one.Auth);
            var tries = Math.Max(registry.Count("/token", "GET"), registry.Count("/token", "POST"));
            return tries <= (one.trial.Script.IsFinal ? 1 : ScriptCampaign.Tries) ? wrong : wrong.Append($"{one.trial}: {tries} tries");
        });
    }

    private async Task<IEnumerable<string>> PullAsync(Node node, ScriptTrial trial, ScriptedRegistry registry, TestImage image, object? auth = null)
    {
        var ns = nodes.NewName("script");
        var reference = registry.Add("acme/app:1", image);
        trial.Arm(registry);
        var job = await node.Api.PullAsync(ns, new { reference, platforms = new[] { "linux/amd64" }, timeout = trial.Script.Timeout, auth });
        return [.. trial.WrongEnd(job), .. await ScriptCampaign.LeftAsync(node, ns, trial)];
    }

    private static IEnumerable<ScriptPlace> PlacesOf(string shape, TestImage image)
    {
        var pulled = image.Layers.Count is 0 ? Amd64 : image;
        return
        [
            new($"manifests of {shape}", "/manifests/", "GET", RegistryScripts.Reads),
            new($"config of {shape}", pulled.ConfigDigest, "GET", RegistryScripts.Reads),
            new($"layer of {shape}", pulled.Layers[0].Digest, "GET", RegistryScripts.Reads),
        ];
    }
}
