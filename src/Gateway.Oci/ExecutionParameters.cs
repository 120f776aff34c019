namespace Gateway.Oci;

/// <summary>How a container of an image runs unless it is told otherwise (image-spec v1.1 config.md, "config").</summary>
public sealed record ExecutionParameters
{
    /// <summary>The fields. Builders let people write this object by hand, in whatever case: Go does not mind.</summary>
    internal static readonly string[] Names =
        ["User", "Env", "Cmd", "Entrypoint", "WorkingDir", "ExposedPorts", "Volumes", "StopSignal", "Labels"];

    internal ExecutionParameters(DocumentFields? fields)
    {
        User = fields?.Text("User");
        WorkingDir = fields?.Text("WorkingDir");
        StopSignal = fields?.Text("StopSignal");
        Env = fields?.Texts("Env", DocumentLimits.MaxExecutionEntries) ?? [];
        Entrypoint = fields?.Texts("Entrypoint", DocumentLimits.MaxExecutionEntries) ?? [];
        Cmd = fields?.Texts("Cmd", DocumentLimits.MaxExecutionEntries) ?? [];
        ExposedPorts = fields?.Names("ExposedPorts", DocumentLimits.MaxExecutionEntries) ?? [];
        Volumes = fields?.Names("Volumes", DocumentLimits.MaxExecutionEntries) ?? [];
        Labels = fields?.Map("Labels") ?? new Dictionary<string, string>(StringComparer.Ordinal);
    }

    /// <summary><c>user[:group]</c>, names or numbers; null or empty is root.</summary>
    public string? User { get; }

    /// <summary>Folder the process starts in.</summary>
    public string? WorkingDir { get; }

    /// <summary>Signal that asks the process to end, for example <c>SIGTERM</c>.</summary>
    public string? StopSignal { get; }

    /// <summary><c>NAME=value</c> each.</summary>
    public IReadOnlyList<string> Env { get; }

    /// <summary>The command that <see cref="Cmd"/> is given to as arguments.</summary>
    public IReadOnlyList<string> Entrypoint { get; }

    /// <summary>The command, or the arguments of the <see cref="Entrypoint"/>.</summary>
    public IReadOnlyList<string> Cmd { get; }

    /// <summary><c>port[/tcp|/udp]</c> each.</summary>
    public IReadOnlyList<string> ExposedPorts { get; }

    /// <summary>Folders meant for volumes.</summary>
    public IReadOnlyList<string> Volumes { get; }

    /// <summary>Labels; empty where there are none. They are shown, and never become containerd's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }
}
