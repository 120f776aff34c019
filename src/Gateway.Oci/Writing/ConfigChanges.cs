namespace Gateway.Oci.Writing;

/// <summary>What a new image changes in the execution parameters of the one it is made from; null leaves a field as it is.</summary>
public sealed record ConfigChanges
{
    /// <summary>Replaces the entrypoint. As with Docker, the base's <see cref="Cmd"/> was meant for the base's entrypoint and goes with it.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Replaces the command.</summary>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary><c>NAME=value</c> each: sets the variables and keeps the others.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>Replaces the user; empty removes it.</summary>
    public string? User { get; init; }

    /// <summary>Replaces the working directory; empty removes it.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Replaces the signal; empty removes it.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Sets labels and keeps the others.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Adds ports.</summary>
    public IReadOnlyList<string>? ExposedPorts { get; init; }

    /// <summary>Adds volumes.</summary>
    public IReadOnlyList<string>? Volumes { get; init; }
}
