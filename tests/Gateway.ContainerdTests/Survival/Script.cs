using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>One way of a registry to misbehave, and what a job ends with where that stays, and where it happens once.</summary>
internal sealed record Script(string Name, Fault Fault, string Always, string Once)
{
    public const string Done = "succeeded";

    /// <summary>The same end both times: what is refused for good is not asked for again.</summary>
    public Script(string name, Fault fault, string outcome)
        : this(name, fault, outcome, outcome)
    {
    }

    /// <summary>Whether another try has no hope, so that there is none.</summary>
    public bool IsFinal => Always == Once;

    /// <summary>The job's own limit, where the registry's silence would be borne for longer than a test has.</summary>
    public string? Timeout { get; init; }
}

/// <summary>Requests that a registry answers by a script: those whose path holds a text, of one method unless that is null.</summary>
internal sealed record ScriptPlace(string Name, string PathPart, string? Method, IReadOnlyList<Script> Scripts)
{
    public IEnumerable<ScriptTrial> Trials => Scripts.SelectMany(TrialsOf);

    public ScriptTrial[] TrialsOf(Script script) => [new(this, script, Once: false), new(this, script, Once: true)];
}

/// <summary>A script at its place, once or for ever.</summary>
internal sealed record ScriptTrial(ScriptPlace Place, Script Script, bool Once)
{
    private string Expected => Once ? Script.Once : Script.Always;

    public void Arm(ScriptedRegistry registry) => registry.Faults.On(Place.PathPart, Script.Fault, Once ? 1 : null, Place.Method);

    /// <summary>The job's end where it is not the one that is written down.</summary>
    public IEnumerable<string> WrongEnd(JsonObject job)
    {
        var end = (string?)job["error"]?["code"] ?? (string)job["state"]!;
        return end == Expected ? [] : [$"{this}: {end} {job["error"]?["detail"]}"];
    }

    public override string ToString() => $"{Script.Name} in {Place.Name}, {(Once ? "once" : "always")}";
}
