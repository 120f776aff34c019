using System.Collections.Concurrent;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>Trials of scripts, side by side on one node whose jobs have one attempt, and their requests few.</summary>
internal static class ScriptCampaign
{
    /// <summary>Tries of one request.</summary>
    public const int Tries = 2;

    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Jobs__MaxAttempts"] = "1",
        ["Jobs__MaxRunning"] = "16",
        ["Images__MaxConcurrentUploads"] = "1", // which request is the first must not be left to chance
        ["Registries__MaxAttempts"] = $"{Tries}",
        ["Registries__IdleTimeout"] = "00:00:01",
    };

    /// <param name="fault">What the report calls the trials.</param>
    /// <param name="version">Of containerd.</param>
    /// <param name="trials">How many they are.</param>
    /// <param name="parts">All of them, in parts that do not meet.</param>
    /// <param name="tryAsync">Does a part and gives what is wrong, of which there must be nothing.</param>
    public static async Task RunAsync<T>(string fault, string version, int trials, IEnumerable<T> parts, Func<Node, T, Task<IEnumerable<string>>> tryAsync)
    {
        await using var node = await Node.StartAsync(version, Settings);
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(parts, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (part, _) =>
        {
            foreach (var line in await tryAsync(node, part))
            {
                wrong.Add(line);
            }
        });

        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order()));
        Campaign.Report(fault, version, trials, (0, 0));
    }

    /// <summary>What is left in a namespace after the trials that were made in it.</summary>
    public static async Task<IEnumerable<string>> LeftAsync(Node node, string ns, ScriptTrial last) =>
        (await Invariants.CheckAsync(node.Containerd, ns)).Select(violation => $"{last}: {violation}");
}
