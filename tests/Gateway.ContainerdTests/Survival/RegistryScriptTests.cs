using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>
/// A registry that misbehaves in each phase of a pull, once and for ever, in every way it can. Each script has one exact outcome, and none leaves anything.
/// </summary>
public sealed class RegistryScriptTests(Nodes nodes)
{
    private const string Done = "succeeded";

    private static readonly TestImage Amd64 = TestImage.Of(Layer.Random(2_000, 75));

    private static readonly string[] Phases = ["manifests", "config", "layer"];

    private static readonly (string Name, TestImage Image)[] Shapes =
    [
        ("oci", TestImage.Of(Layer.Random(200_000, 71), Layer.Random(1_000, 72))),
        ("docker", TestImage.Of([Layer.Random(200_000, 73), Layer.Random(1_000, 74)], docker: true)),
        ("index", TestImage.Index(docker: false, ("linux/amd64", Amd64), ("linux/arm64", TestImage.Small(76, "linux/arm64")))),
    ];

    /// <summary>What a pull ends with where the fault stays, and where it happens once.</summary>
    private static readonly (string Name, Fault Fault, string Always, string Once)[] Scripts =
    [
        ("400", Faults.Status(400), "registry_unavailable", "registry_unavailable"),
        ("401", Faults.Status(401), "registry_unauthorized", "registry_unauthorized"),
        ("403", Faults.Status(403), "registry_forbidden", "registry_forbidden"),
        ("404", Faults.Status(404), "image_not_found", "image_not_found"),
        ("408", Faults.Status(408), "registry_unavailable", Done),
        ("429", Faults.Status(429), "registry_rate_limited", Done),
        ("429 with Retry-After", Faults.RetryAfter(429, 0), "registry_rate_limited", Done),
        ("500", Faults.Status(500), "registry_unavailable", Done),
        ("502", Faults.Status(502), "registry_unavailable", Done),
        ("503", Faults.RetryAfter(503, 0), "registry_unavailable", Done),
        ("504", Faults.Status(504), "registry_unavailable", Done),
        ("reset", Faults.ResetAfter(10), "registry_unavailable", Done),
        ("cut", Faults.CutAfter(10), "registry_unavailable", Done),
        ("truncated", Faults.TruncateTo(10), "digest_mismatch", Done),
        ("wrong bytes", Faults.WrongBytes(), "digest_mismatch", Done),
        ("extra bytes", Faults.ExtraBytes(7), "digest_mismatch", Done),
        ("redirect in a circle", (http, good) => Faults.Redirect(http.Request.Path)(http, good), "registry_unavailable", Done),
        ("redirect to a private address", Faults.Redirect("https://10.255.255.1/blob"), "egress_denied", "egress_denied"),
        ("stall", Faults.Stall(new Gate(), 10), "registry_timeout", Done),
    ];

    [Theory]
    [InlineData(Versions.Oldest)]
    public async Task Every_script_has_its_outcome(string version)
    {
        await using var node = await Node.StartAsync(version, new Dictionary<string, string?>
        {
            ["Jobs__MaxAttempts"] = "1",
            ["Jobs__MaxRunning"] = "16",
            ["Registries__MaxAttempts"] = "2",
            ["Registries__IdleTimeout"] = "00:00:01",
        });
        var trials = (from shape in Shapes from phase in Phases from script in Scripts from once in new[] { false, true } select (shape, phase, script, once)).ToArray();
        var wrong = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForEachAsync(trials, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (trial, _) =>
        {
            var (shape, phase, script, once) = trial;
            await using var registry = await ScriptedRegistry.StartAsync();
            var reference = registry.Add("acme/app:1", shape.Image);
            registry.Faults.On(PathOf(phase, shape.Image), script.Fault, once ? 1 : null, "GET");
            var ns = nodes.NewName("script");
            var job = await node.Api.PullAsync(ns, new { reference, platforms = new[] { "linux/amd64" } });
            var outcome = (string?)job["error"]?["code"] ?? (string)job["state"]!;
            if (outcome != (once ? script.Once : script.Always))
            {
                wrong.Add($"{script.Name} in {phase} of {shape.Name}, {(once ? "once" : "always")}: {outcome} {job["error"]?["detail"]}");
            }

            foreach (var violation in await Invariants.CheckAsync(node.Containerd, ns))
            {
                wrong.Add($"{script.Name} in {phase} of {shape.Name}: {violation}");
            }
        });

        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order()));
        Campaign.Report("registry scripts", version, trials.Length, (0, 0));
    }

    private static string PathOf(string phase, TestImage image) => phase switch
    {
        "config" => Pulled(image).ConfigDigest,
        "layer" => Pulled(image).Layers[0].Digest,
        _ => "/manifests/",
    };

    private static TestImage Pulled(TestImage image) => image.Layers.Count is 0 ? Amd64 : image;
}
