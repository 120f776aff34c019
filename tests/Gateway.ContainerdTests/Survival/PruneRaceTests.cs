using Gateway.ContainerdTests.Lifecycle;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>Pulls beside a prune that never stops: no pull fails, no image is broken, nothing is left behind.</summary>
public sealed class PruneRaceTests(Nodes nodes)
{
    private const int Pullers = 5;

    /// <summary>2,010 pulls over all versions in the long form, and 670 by Transfer.</summary>
    private static readonly int PullsEach = Campaign.IsLong ? 134 : 20;

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Pulls_beside_prunes_in_a_loop_all_succeed(string version)
    {
        var node = await nodes.NodeAsync(version);
        await PullAllAsync(node, pruning: node, version);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Pulls_beside_another_gateways_prunes_all_succeed(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var neighbour = await GatewayProcess.StartBesideAsync(node.Containerd.Address);
        await PullAllAsync(node, pruning: node with { Gateway = neighbour }, version);
    }

    private static async Task PullAllAsync(Node node, Node pruning, string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var ns = node.Containerd.NewNamespace("race");
        // Half of each image is every other's too, so that a prune takes from one what another is about to find.
        var shared = Layer.Random(30_000, 400);
        var references = Enumerable.Range(0, Pullers).Select(i =>
            registry.Add($"acme/app:{i}", TestImage.Of(shared, Layer.Random(10_000, 401 + (i / 2))))).ToArray();
        using var done = new CancellationTokenSource();
        var pruned = PruneUntilAsync(pruning, ns, done.Token);

        var failures = (await Task.WhenAll(references.Select(reference => PullAgainAsync(node, ns, reference)))).SelectMany(each => each).ToArray();
        await done.CancelAsync();

        Assert.Empty(failures);
        Assert.True(await pruned > 0, "no prune met an image");
        Assert.Empty(await ns.ViolationsAsync());
        Campaign.Report(pruning == node ? "pulls beside a prune that never stops" : "pulls beside another gateway's prune that never stops", version, Pullers * PullsEach, (0, 0));
    }

    private static async Task<IReadOnlyList<string>> PullAgainAsync(Node node, ContainerdNamespace ns, string reference)
    {
        var failures = new List<string>();
        for (var i = 0; i < PullsEach; i++)
        {
            var policy = i % 2 is 0 ? "always" : "ifNotPresent";
            var answer = await node.Api.PostAsync($"/v1/namespaces/{ns.Name}/images/pull", new { reference, policy }, ("Prefer", "wait=60"));
            if ((string?)answer.Json["state"] is not "succeeded")
            {
                failures.Add(answer.Text);
            }
        }

        return failures;
    }

    private static async Task<int> PruneUntilAsync(Node node, ContainerdNamespace ns, CancellationToken done)
    {
        var pruned = 0;
        while (!done.IsCancellationRequested)
        {
            pruned += (int)(await PruneTests.PruneAsync(node, ns, new { }))["pruned"]!;
        }

        return pruned;
    }
}
