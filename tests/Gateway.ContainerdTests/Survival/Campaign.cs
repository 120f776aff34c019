using System.Globalization;
using System.Text.Json;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>How much of the campaign is run: each place once over all versions, or with <c>FAULTS=long</c> each place on each version, several times.</summary>
internal static class Campaign
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("FAULTS") is "long";

    /// <summary>What one version is asked to do of all.</summary>
    /// <param name="all">In an order that is the same each time.</param>
    /// <param name="version">One of <see cref="Versions.WithEngines"/>.</param>
    /// <param name="every">Only each so many-eth, in each round another.</param>
    public static IEnumerable<T> Share<T>(IReadOnlyList<T> all, string version, int every = 1)
    {
        var versions = ContainerdDaemon.Versions.ToList();
        return IsLong
            ? Enumerable.Range(0, Rounds).SelectMany(round => all.Where((_, index) => index % every == round % every))
            : all.Where((_, index) => index % (versions.Count * every) == Math.Max(0, versions.IndexOf(version))); // Transfer's places are its own
    }

    /// <summary>A place that was passed in the first run may be passed no more, behind a job's end or where work goes on side by side: it must stay the exception.</summary>
    public static void NearlyAllDied(int deaths, int planned) => Assert.True(planned - deaths <= 2 + (planned / 20), $"{deaths} deaths of {planned}");

    /// <summary>A line for who publishes the figures.</summary>
    /// <param name="fault">What was done.</param>
    /// <param name="version">Of containerd.</param>
    /// <param name="trials">How often.</param>
    /// <param name="deaths">What died of it.</param>
    /// <param name="slowest">Of what must be quick.</param>
    public static void Report(string fault, string version, int trials, (int Gateway, int Containerd) deaths, TimeSpan? slowest = null)
    {
        var line = JsonSerializer.Serialize(new { fault, containerd = version, trials, gatewayDeaths = deaths.Gateway, containerdDeaths = deaths.Containerd, violations = 0, slowestMs = (int?)slowest?.TotalMilliseconds });
        Console.WriteLine(line);
        if (Environment.GetEnvironmentVariable("FAULTS_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("FAULT_ROUNDS") ?? "3", CultureInfo.InvariantCulture);
}
