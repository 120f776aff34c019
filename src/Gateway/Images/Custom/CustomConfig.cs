using Gateway.Oci.Writing;

namespace Gateway.Images.Custom;

/// <summary>How a container of the new image runs, where that differs from the base. What is left out stays as the base has it.</summary>
internal sealed record CustomConfig
{
    /// <summary>Program and leading arguments. Replaces the base's, and its `cmd` with it unless one is given. `[]` removes it.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Arguments, or program and arguments where there is no entrypoint. Replaces the base's; `[]` removes it.</summary>
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Environment, `NAME=value` each. Sets these variables, the base's others stay.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>User, and group after a colon, names or numbers. Replaces the base's; empty removes it.</summary>
    public string? User { get; init; }

    /// <summary>Working directory, absolute. Replaces the base's; empty removes it.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Labels of the config. Sets these, the base's others stay.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Ports, `80/tcp` each, added to the base's.</summary>
    public IReadOnlyList<string>? ExposedPorts { get; init; }

    /// <summary>Paths that should be volumes, added to the base's.</summary>
    public IReadOnlyList<string>? Volumes { get; init; }

    /// <summary>Signal that asks the process to end: `SIGTERM` or a number. Replaces the base's; empty removes it.</summary>
    public string? StopSignal { get; init; }

    public static ConfigChanges ChangesOf(CustomConfig? config) => config is null ? new ConfigChanges() : new ConfigChanges
    {
        Entrypoint = config.Entrypoint,
        Cmd = config.Cmd,
        Env = config.Env,
        User = config.User,
        WorkingDir = config.WorkingDir,
        Labels = config.Labels,
        ExposedPorts = config.ExposedPorts,
        Volumes = config.Volumes,
        StopSignal = config.StopSignal,
    };
}
