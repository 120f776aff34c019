using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Gateway.TestKit;
using Microsoft.AspNetCore.Http;

namespace Gateway.ContainerdTests.Survival;

/// <summary>
/// A containerd and a gateway built with failpoints, a registry, and a receiver of webhooks; what dies is started again. Nothing else works on them.
/// </summary>
internal sealed class FaultNode : IAsyncDisposable
{
    /// <summary>The password of each pull.</summary>
    public static readonly string Password = Canary.New();

    /// <summary>A larger blob the registry takes in pieces only, but for Transfer, which knows none.</summary>
    private const int MaxWhole = 1_000_000;

    /// <summary>A snapshot for the daemon to remove.</summary>
    private const string Spare = "spare";

    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(75);

    private readonly string folder = Repo.NewFolder("faults");
    private readonly ConcurrentDictionary<string, ConcurrentBag<string>> messages = new();
    private readonly ConcurrentDictionary<Workload, string> undisturbed = new();
    private readonly Dictionary<int, Footprint> footprints = [];
    private readonly Dictionary<int, int> weighed = [];
    private readonly string engine;
    private long tracedBefore;

    private FaultNode(ContainerdDaemon containerd, ScriptedRegistry registry, string engine) =>
        (Containerd, Registry, this.engine, Images) = (containerd, registry, engine, new ImageWatch(containerd, Trial.Namespace));

    public ContainerdDaemon Containerd { get; }

    public GatewayProcess Gateway { get; private set; } = null!;

    public ScriptedRegistry Registry { get; }

    /// <summary>Of the trials' namespace.</summary>
    public ImageWatch Images { get; }

    public GatewayApi Api => Gateway.Api;

    public Ctr Ctr => Containerd.Ctr;

    /// <summary>Times that the gateway and the daemon were found dead.</summary>
    public (int Gateway, int Containerd) Deaths { get; private set; }

    /// <summary>Places that were passed since <see cref="ForgetTrace"/>, in their order.</summary>
    public IReadOnlyList<string> Trace => [.. Lines().Skip((int)tracedBefore)];

    /// <summary>The gateway compiled as it is published, and with failpoints.</summary>
    public static string Program { get; } = Path.Combine(Repo.Root, "artifacts", "failpoints", "Gateway.dll") is var built && File.Exists(built)
        ? built : throw new InvalidOperationException($"{built} is not there: tests/run.sh builds it");

    public static async Task<FaultNode> StartAsync(string version)
    {
        var (daemon, engine) = version.Split('/') is [var number, var name] ? (number, name) : (version, "gateway");
        var node = new FaultNode(await ContainerdDaemon.StartAsync(daemon), await ScriptedRegistry.StartAsync(wantsToken: true), engine);
        node.Registry.Script = node.AnswerAsync;
        await node.Ctr.RunAsync(Spare, "snapshots", "prepare", Spare);
        await node.Images.FollowAsync();
        node.Gateway = await GatewayProcess.StartAsync(node.Containerd.Address, new Dictionary<string, string?>
        {
            ["Images__Engine"] = engine,
            ["GATEWAY_FAILPOINTS"] = node.ScriptFile,
            ["GATEWAY_FAILPOINTS_TRACE"] = node.TraceFile,
            // Started some hundred times, each time for seconds: what the runtime does for safety and for later would be a fifth of the work.
            ["DOTNET_EnableWriteXorExecute"] = "0",
            ["DOTNET_TC_CallCounting"] = "0",
            // Milliseconds until a pool's thread without work goes; else 20 seconds are waited for at each end.
            ["DOTNET_ThreadPool_ThreadTimeoutMs"] = "5000",
        }, Program);
        var hook = await node.Api.PostAsync("/v1/webhooks", new { url = $"http://{node.Registry.Host}/hook", events = new[] { "job.succeeded", "job.failed", "job.canceled" } });
        Assert.True(hook.Status is HttpStatusCode.Created, hook.Text);
        return node;
    }

    /// <summary>Sets what is to happen, <c>place=terms</c>; null is nothing.</summary>
    public void Arm(string? script)
    {
        File.WriteAllText(ScriptFile + ".new", script ?? "");
        File.Move(ScriptFile + ".new", ScriptFile, overwrite: true);
    }

    /// <summary>What the processes that run had when they were no longer new.</summary>
    public IReadOnlyDictionary<int, Footprint> Footprints => footprints.Where(each => each.Key == Gateway.Id || each.Key == Containerd.Id).ToDictionary();

    /// <summary>Called after each trial: what a process opens once it has opened in the first ten.</summary>
    public async Task WeighAsync()
    {
        foreach (var process in new[] { Gateway.Id, Containerd.Id })
        {
            if ((weighed[process] = weighed.GetValueOrDefault(process) + 1) is 10)
            {
                footprints[process] = process == Gateway.Id ? await Footprint.CollectedAsync(process) : Footprint.Of(process);
            }
        }
    }

    /// <summary>A gateway that has lived through all trials has no more than after the first ten, as soon as it has rested.</summary>
    public async Task SettlesAsync()
    {
        var (before, growth) = (footprints[Gateway.Id], Array.Empty<string>());
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < SettlingTime; await Task.Delay(TimeSpan.FromSeconds(1)))
        {
            growth = [.. await before.GrowthAtRestAsync(Gateway.Id)];
            if (growth is [])
            {
                break;
            }
        }

        Assert.Empty(growth);
    }

    /// <summary>Whatever has happened, the labels are those of the first time, when nothing did.</summary>
    public void IsAsUndisturbed(Workload work, string labels) => Assert.Equal(undisturbed.GetOrAdd(work, labels), labels);

    public void ForgetTrace() => tracedBefore = Lines().Length;

    /// <summary>Starts again what has died. A daemon that has died may take the gateway with it, as a machine does.</summary>
    public async Task ReviveAsync(bool together = false)
    {
        if (Containerd.HasExited)
        {
            Deaths = (Deaths.Gateway, Deaths.Containerd + 1);
            if (together)
            {
                await Gateway.KillAsync();
            }

            await Containerd.StartAsync();
            await Images.FollowAsync();
            await CollectSnapshotsAsync();
        }

        if (Gateway.HasExited)
        {
            Deaths = (Deaths.Gateway + 1, Deaths.Containerd);
            Arm(null); // else it may happen again before anybody is asked
            await Gateway.StartAsync(probed: false);
        }
    }

    /// <summary>
    /// Has the daemon look at its snapshots' folders: what it was killed over, between making one and recording it, it only collects beside another.
    /// </summary>
    public async Task CollectSnapshotsAsync()
    {
        await Ctr.RunAsync(Spare, "snapshots", "rm", Spare);
        await Ctr.CollectAsync(Spare);
        await Ctr.RunAsync(Spare, "snapshots", "prepare", Spare);
    }

    /// <summary>Every job has ended once: its receiver was told of one end, perhaps more than once.</summary>
    public async Task EachWasToldOnceAsync(IReadOnlyCollection<string> jobs)
    {
        await Wait.UntilAsync(() => jobs.All(messages.ContainsKey), "every end is told");
        Assert.All(jobs, job => Assert.Single(messages[job].Distinct()));
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Images.DisposeAsync();
        await Containerd.DisposeAsync();
        await Registry.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private string ScriptFile => Path.Combine(folder, "script");

    private string TraceFile => Path.Combine(folder, "trace");

    // The last may be half written, and one that a kill cut off is followed by another on the same line.
    private string[] Lines() => File.Exists(TraceFile) ? [.. File.ReadAllText(TraceFile).Split('\n')[..^1].Where(line => line.Count(':'.Equals) is 1)] : [];

    private async Task<bool> AnswerAsync(HttpContext http)
    {
        if (engine is "gateway" && HttpMethods.IsPut(http.Request.Method) && http.Request.ContentLength > MaxWhole)
        {
            http.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return true;
        }

        if (http.Request.Path != "/hook")
        {
            return false;
        }

        var message = (await JsonNode.ParseAsync(http.Request.Body))!;
        messages.GetOrAdd((string)message["data"]!["id"]!, _ => []).Add($"{http.Request.Headers["webhook-id"]} {message["type"]}");
        return true;
    }
}
