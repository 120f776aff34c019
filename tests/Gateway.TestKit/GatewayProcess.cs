using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>The real gateway as a process of its own, on free ports, with its own job store.</summary>
public sealed class GatewayProcess : IAsyncDisposable
{
    public const string Key = $"gwk_bootstrap_{Canary.Mark}0123456789012345678901234567890";

    private readonly string folder = Repo.NewFolder("gateway");
    private readonly List<string> leaks = [];
    private readonly Dictionary<string, string?> environment;
    private readonly string program;
    private ChildProcess? process;

    private GatewayProcess(string containerdAddress, IReadOnlyDictionary<string, string?>? settings, string? program)
    {
        this.program = program ?? Path.Combine(AppContext.BaseDirectory, "Gateway.dll");
        environment = new Dictionary<string, string?>
        {
            ["Containerd__Address"] = containerdAddress,
            ["Containerd__DiskReserve"] = "0",
            ["Limits__RequestsPerSecond"] = "0", // many tests ask as fast as they can, under one key
            ["Limits__NamespaceRequestsPerSecond"] = "0",
            ["GATEWAY_BOOTSTRAP_KEY"] = Key,
            ["Jobs__Database"] = Path.Combine(folder, "jobs.db"),
            ["Audit__File"] = Path.Combine(folder, "audit.jsonl"),
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["Management__Urls"] = "http://127.0.0.1:0",
            ["Registries__ConfigPath"] = Path.Combine(folder, "certs.d"),
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            environment[name] = value;
        }
    }

    public Uri Url { get; private set; } = null!;

    public Uri ManagementUrl { get; private set; } = null!;

    public GatewayApi Api { get; private set; } = null!;

    /// <summary>Folder of the job store, its key, and <c>certs.d</c>.</summary>
    public string Folder => folder;

    public string Log => process!.Log;

    public bool HasExited => process!.HasExited;

    public int Id => process!.Id;

    /// <summary>The log as what it is, a JSON object a line; lines of other kinds are left out.</summary>
    public IReadOnlyList<JsonObject> LogEntries =>
        [.. Log.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!.AsObject())];

    public long PeakMemoryBytes => process!.PeakMemoryBytes;

    public long MemoryBytes => process!.MemoryBytes;

    /// <param name="containerdAddress">The daemon's socket.</param>
    /// <param name="settings">What differs from the kit's own.</param>
    /// <param name="program">Another build's <c>Gateway.dll</c>.</param>
    public static async Task<GatewayProcess> StartAsync(string containerdAddress, IReadOnlyDictionary<string, string?>? settings = null, string? program = null)
    {
        var gateway = new GatewayProcess(containerdAddress, settings, program);
        await gateway.StartAsync();
        return gateway;
    }

    /// <summary>Starts one on a daemon that has a gateway, with a store of its own.</summary>
    public static Task<GatewayProcess> StartBesideAsync(string containerdAddress, IReadOnlyDictionary<string, string?>? settings = null) =>
        StartAsync(containerdAddress, new Dictionary<string, string?>(settings ?? new Dictionary<string, string?>()) { ["Containerd__Exclusive"] = "false" });

    /// <summary>Starts it, again after an end, on the same store.</summary>
    public Task StartAsync() => StartAsync(probed: true);

    /// <inheritdoc cref="StartAsync()"/>
    /// <param name="probed">Whether it is waited for what the gateway finds out of the daemon beside its start: it writes into the daemon, and most tests count on finding that done.</param>
    public async Task StartAsync(bool probed)
    {
        await EndAsync();
        process = Launch();
        await Wait.UntilAsync(() => process.HasExited || (Addresses().Length >= 2 && (HasProbed || !probed)), "the gateway listens");
        if (process.HasExited)
        {
            throw new InvalidOperationException("the gateway did not start: " + Log);
        }

        (Url, ManagementUrl) = (Addresses()[0], Addresses()[1]);
        Api?.Dispose();
        Api = new GatewayApi(Url, Key);
    }

    /// <summary>Starts it and expects it to refuse; gives the log.</summary>
    public static async Task<(int ExitCode, string Log)> StartRefusedAsync(IReadOnlyDictionary<string, string?> settings, string containerdAddress = "/nonexistent")
    {
        await using var gateway = new GatewayProcess(containerdAddress, settings, program: null);
        gateway.process = gateway.Launch();
        var exit = await gateway.process.ExitAsync();
        return (exit, gateway.Log);
    }

    public Task KillAsync() => process!.KillAsync();

    /// <inheritdoc cref="ChildProcess.HasEndedAsync"/>
    public Task HasEndedAsync() => process!.HasEndedAsync();

    public Task<int> TerminateAsync() => process!.TerminateAsync();

    public Task<int> ExitAsync() => process!.ExitAsync();

    public async ValueTask DisposeAsync()
    {
        Api?.Dispose();
        await EndAsync();
        if (process is not null)
        {
            // What a test that failed over it could not show: the folder and the log go.
            foreach (var defect in Log.Split('\n').Where(line => line.Contains("internal_error", StringComparison.Ordinal) || line.Contains("LogDefect", StringComparison.Ordinal)))
            {
                Console.WriteLine("gateway: " + defect);
            }
        }

        // What stands in certs.d the test has put there.
        var written = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => !file.StartsWith(Path.Combine(folder, "certs.d"), StringComparison.Ordinal));
        leaks.AddRange(written.SelectMany(file => Canary.LeaksOf(Path.GetFileName(file), File.ReadAllBytes(file))));
        Directory.Delete(folder, recursive: true);
        Canary.ThrowIfAny(leaks);
    }

    private async Task EndAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
            var shown = process.Log.Split('\n').Where(line => !line.StartsWith("bootstrap key (shown once): ", StringComparison.Ordinal));
            leaks.AddRange(Canary.LeaksOf("the gateway's log", string.Join('\n', shown)));
        }
    }

    private bool HasProbed => Log.Contains("ontent of namespaces is", StringComparison.Ordinal);

    private ChildProcess Launch() => ChildProcess.Start("dotnet", [program], environment);

    private Uri[] Addresses() => Regex.Matches(Log, @"Now listening on: (https?://[^\s""]+)").Select(match => new Uri(match.Groups[1].Value)).ToArray();
}
