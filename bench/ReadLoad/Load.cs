using System.Diagnostics;
using System.Globalization;

namespace ReadLoad;

/// <summary>What came out.</summary>
/// <param name="PerSecond">Answers a second, all clients together.</param>
/// <param name="MedianMs">Half of the answers took no longer.</param>
/// <param name="Bytes">Length of one answer's body.</param>
internal sealed record Measured(long Answers, double PerSecond, double MedianMs, double NinetyNinthMs, long Bytes);

/// <summary>Asks one thing as often as it can, each client on a thread and a connection of its own.</summary>
internal static class Load
{
    /// <summary>Not counted: long enough for a just-in-time compiler, the client's and the server's, to be done with the path.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <param name="open">Gives a client: a call of it asks once and gives the length of the answer.</param>
    public static Measured Run(string clients, string seconds, Func<Func<long>> open)
    {
        var length = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        var clock = Stopwatch.StartNew();
        var times = new List<double>[int.Parse(clients, CultureInfo.InvariantCulture)];
        var bytes = 0L;
        var threads = times.Select((_, i) => new Thread(() =>
        {
            var ask = open();
            var mine = times[i] = new List<double>(1 << 16);
            while (clock.Elapsed < WarmUp + length)
            {
                var begin = clock.Elapsed;
                bytes = ask();
                if (begin > WarmUp)
                {
                    mine.Add((clock.Elapsed - begin).TotalMilliseconds);
                }
            }
        })).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        var all = times.SelectMany(mine => mine).Order().ToArray();
        return new Measured(all.Length, Math.Round(all.Length / length.TotalSeconds, 1), At(all, 0.5), At(all, 0.99), bytes);
    }

    private static double At(double[] sorted, double part) => sorted.Length is 0 ? 0 : Math.Round(sorted[(int)((sorted.Length - 1) * part)], 3);
}
