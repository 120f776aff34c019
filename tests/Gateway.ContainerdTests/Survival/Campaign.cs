using System.Globalization;
using System.Text.Json;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>How much of the campaign is run: each place once over all versions, or with <c>FAULTS=long</c> each place on each version, several times.</summary>
internal static class Campaign
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("FAULTS") is "long";

    public static TheoryData<string> Versions => [.. ContainerdDaemon.Versions];

    /// <summary>What one version is asked to do of all.</summary>
    /// <param name="all">In an order that is the same each time.</param>
    /// <param name="version">One of <see cref="Versions"/>.</param>
    /// <param name="every">Only each so many-eth, in each round another.</param>
    public static IEnumerable<T> Share<T>(IReadOnlyList<T> all, string version, int every = 1)
    {
        var versions = ContainerdDaemon.Versions.ToList();
        return IsLong
            ? Enumerable.Range(0, Rounds).SelectMany(round => all.Where((_, index) => index % every == round % every))
            : all.Where((_, index) => index % (versions.Count * every) == versions.IndexOf(version));
    }

    /// <summary>A place that was passed in the first run may be passed no more, behind a job's end or where work goes on side by side: it must stay the exception.</summary>
    public static void NearlyAllDied(int deaths, int planned) => Assert.True(planned - deaths <= 2 + (planned / 20), $"{deaths} deaths of {planned}");

    /// <summary>Of a process, which must have as many after faults as before, but for the few that a pool keeps.</summary>
    public static int OpenFiles(int process) => Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Count();

    /// <summary>A line for who publishes the figures.</summary>
    public static void Report(string fault, string version, int trials, (int Gateway, int Containerd) deaths)
    {
        var line = JsonSerializer.Serialize(new { fault, containerd = version, trials, gatewayDeaths = deaths.Gateway, containerdDeaths = deaths.Containerd, violations = 0 });
        Console.WriteLine(line);
        if (Environment.GetEnvironmentVariable("FAULTS_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("FAULT_ROUNDS") ?? "3", CultureInfo.InvariantCulture);
}
