using System.Diagnostics;

#pragma warning disable IDE0060, CA1801 // Without the constant the methods are empty, and no call to them is compiled.

namespace Gateway;

/// <summary>
/// Places around each effect on something outside the process, where a build with <c>-p:Failpoints=true</c> can be made to fail. No other build holds a
/// call to them. The syntax is that of containerd's <c>internal/failpoint</c>: <c>[count*]type[(argument)]</c>, one after the other with <c>-&gt;</c>.
/// </summary>
/// <remarks>
/// <c>GATEWAY_FAILPOINTS</c> names a file with a line <c>place=terms</c> each, read at every hit, so that a running process can be armed; places are
/// counted anew when it changes. <c>GATEWAY_FAILPOINTS_TRACE</c> names a file that gets a line for each hit. Types: <c>off</c>, <c>error(text)</c>,
/// <c>delay(milliseconds)</c>, <c>kill</c>, which is SIGKILL to this process, and <c>kill(pid)</c> to another.
/// </remarks>
internal static class Failpoint
{
    /// <summary>To be called when the effect is about to happen.</summary>
    /// <param name="effect">What happens, and to whom. Of a path what follows its last dot counts.</param>
    /// <param name="fault">The failure that this kind of effect has; it is given the argument of <c>error</c>.</param>
    [Conditional("FAILPOINTS")]
    public static void Before(string effect, Func<string, Exception> fault) => Hit(effect, "before", fault);

    /// <summary>To be called when the effect has happened, and nothing here knows of it yet.</summary>
    [Conditional("FAILPOINTS")]
    public static void After(string effect, Func<string, Exception> fault) => Hit(effect, "after", fault);

#if FAILPOINTS
    private static readonly string? Script = Environment.GetEnvironmentVariable("GATEWAY_FAILPOINTS");
    private static readonly string? Trace = Environment.GetEnvironmentVariable("GATEWAY_FAILPOINTS_TRACE");
    private static readonly object Gate = string.Intern("Gateway.Failpoint"); // one for the process: each assembly has a class of its own
    private static readonly Dictionary<string, int> Hits = new(StringComparer.Ordinal);
    private static string armed = "";

    private static void Hit(string effect, string side, Func<string, Exception> fault)
    {
        if (Script is not null)
        {
            Act(NextTerm($"{effect[(effect.LastIndexOf('.') + 1)..]}:{side}"), fault);
        }
    }

    private static string NextTerm(string place)
    {
        lock (Gate)
        {
            if (Trace is not null)
            {
                File.AppendAllText(Trace, place + "\n");
            }

            var script = File.Exists(Script) ? File.ReadAllText(Script) : "";
            if (script != armed)
            {
                armed = script;
                Hits.Clear();
            }

            var line = script.Split('\n').FirstOrDefault(line => line.StartsWith(place + "=", StringComparison.Ordinal));
            return line is null ? "off" : TermOf(line[(place.Length + 1)..], Hits[place] = Hits.GetValueOrDefault(place) + 1);
        }
    }

    private static string TermOf(string terms, int hit)
    {
        foreach (var term in terms.Split("->"))
        {
            var parts = term.Split('*', 2);
            if (parts.Length is 1 || hit <= int.Parse(parts[0]))
            {
                return parts[^1];
            }

            hit -= int.Parse(parts[0]);
        }

        return "off";
    }

    private static void Act(string term, Func<string, Exception> fault)
    {
        var (type, argument) = term.Split(['(', ')']) is [var name, var text, ..] ? (name, text) : (term, "");
        switch (type)
        {
            case "error":
                throw fault(argument);
            case "delay":
                Thread.Sleep(int.Parse(argument));
                break;
            case "kill":
                Process.GetProcessById(argument.Length is 0 ? Environment.ProcessId : int.Parse(argument)).Kill();
                Thread.Sleep(argument.Length is 0 ? Timeout.Infinite : 0);
                break;
        }
    }
#else
    private static void Hit(string effect, string side, Func<string, Exception> fault)
    {
    }
#endif
}
