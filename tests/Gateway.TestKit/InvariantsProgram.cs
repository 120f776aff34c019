using System.Globalization;
using System.Text.Json;

namespace Gateway.TestKit;

/// <summary>The invariants as a program, to look at a node that stands still.</summary>
internal static class InvariantsProgram
{
    private const string Usage =
        """
        usage: Gateway.TestKit --namespace NAME [--ctr ctr] [--address /run/containerd/containerd.sock] [--root /var/lib/containerd]
                               [--state /run/containerd] [--snapshotter overlayfs]
                               [--jobs JOBS.DB [--max-attempts 5] [--log FILE] [--canaries FILE] [--footprints FILE [--processes PID,PID]]]

        Says on one line of JSON what is violated in a namespace in which no work goes on. With --jobs also in the job store and the daemon as a
        whole, where nothing works on the node at all; --log is the gateway's, and --canaries has a secret on each line that may stand in neither.
        With --processes, what those have of open files, threads and memory is written to --footprints; without, they may not have much more than
        stands there. Forces a garbage collection. Exit code 0: nothing is violated, 1: something is, 2: it was not asked rightly.
        """;

    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["--ctr"] = "ctr",
        ["--address"] = "/run/containerd/containerd.sock",
        ["--root"] = "/var/lib/containerd",
        ["--state"] = "/run/containerd",
        ["--snapshotter"] = "overlayfs",
        ["--namespace"] = "",
        ["--jobs"] = "",
        ["--log"] = "",
        ["--canaries"] = "",
        ["--max-attempts"] = "5",
        ["--footprints"] = "",
        ["--processes"] = "",
    };

    public static async Task<int> Main(string[] arguments)
    {
        var given = new Dictionary<string, string>(Defaults);
        foreach (var pair in arguments.Chunk(2))
        {
            if (pair.Length is 1 || !given.ContainsKey(pair[0]))
            {
                return Refuse();
            }

            given[pair[0]] = pair[1];
        }

        if (given["--namespace"] is "")
        {
            return Refuse();
        }

        if (given["--processes"] is not "")
        {
            File.WriteAllText(given["--footprints"], JsonSerializer.Serialize(given["--processes"].Split(',').Select(int.Parse).ToDictionary(process => process, Footprint.Of)));
        }

        var place = new ContainerdPlace(given["--ctr"], given["--address"], given["--root"], given["--state"]);
        var traces = given["--jobs"] is "" ? null : new NodeTraces(
            given["--jobs"],
            Read(given["--canaries"]).Split('\n', StringSplitOptions.RemoveEmptyEntries),
            Read(given["--log"]),
            int.Parse(given["--max-attempts"], CultureInfo.InvariantCulture),
            given["--footprints"] is "" ? null : JsonSerializer.Deserialize<Dictionary<int, Footprint>>(Read(given["--footprints"])));
        return (await Invariants.CheckAsync(place, given["--namespace"], given["--snapshotter"], traces)).Count is 0 ? 0 : 1;
    }

    private static string Read(string file) => file is "" ? "" : File.ReadAllText(file);

    private static int Refuse()
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
}
