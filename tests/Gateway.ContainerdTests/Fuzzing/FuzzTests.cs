using System.Globalization;
using Gateway.ContainerdTests.BadInput;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>
/// Requests made from the OpenAPI document and spoiled, by four clients at once. <c>FUZZ_REQUESTS</c> says how many, <c>FUZZ_SEED</c> which; what fails is
/// printed as the line that sends it again.
/// </summary>
public sealed class FuzzTests
{
    private const int Clients = 4;
    private const int FewRequests = 3_000;

    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);
    private static readonly int Requests = Setting("FUZZ_REQUESTS", FewRequests);
    private static readonly ulong Seed = (ulong)Setting("FUZZ_SEED", 20_260_131);

    [Fact]
    public async Task No_request_breaks_the_gateway_or_leaves_anything()
    {
        await using var fuzz = await FuzzNode.StartAsync();
        await fuzz.PrepareAsync();
        var document = new ApiDocument((await fuzz.Node.Api.GetAsync("/openapi/v1.json")).Json);
        var maker = new RequestMaker(document, fuzz.Names, fuzz.Archive);
        var rules = new FuzzRules(document, ["System.", "Gateway.", "   at ", fuzz.Node.Containerd.Root, fuzz.Node.Gateway.Folder, Canary.Mark]);
        var report = new FuzzReport(Seed);
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = new WireClient(fuzz.Node.Gateway.Url);
            while (Interlocked.Increment(ref next) is var number && number <= Requests && !fuzz.Node.Gateway.HasExited)
            {
                await TryAsync(client, maker.Make(new Dice(Seed, (uint)number)), rules, report, fuzz.Names);
            }
        }));
        report.Print(Requests);

        Assert.False(fuzz.Node.Gateway.HasExited, "the gateway has ended");
        Assert.True(report.Faults.Count is 0, $"seed {Seed}\n{string.Join('\n', report.Faults)}");
        await AssertNothingIsLeftAsync(fuzz);
    }

    private static async Task TryAsync(WireClient client, FuzzRequest request, FuzzRules rules, FuzzReport report, KnownNames names)
    {
        try
        {
            var answer = await SendAsync(client, request);
            report.Count(answer.Status);
            if (rules.Fault(request, answer) is { } fault)
            {
                report.AddFault(request.Operation.Id, fault, request.ToCurl(client.Host));
            }

            Learn(answer, names);
            if (answer.Elapsed > Slow && !request.Waits && await IsSlowAgainAsync(client, request))
            {
                report.AddSlow(request.Operation.Id);
                Console.WriteLine($"slow: {request.ToCurl(client.Host)}");
            }
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or FormatException)
        {
            report.AddFault(request.Operation.Id, $"no answer: {broken.Message}", request.ToCurl(client.Host));
        }
    }

    private static Task<WireAnswer> SendAsync(WireClient client, FuzzRequest request) => client.SendAsync(request.Operation.Method, request.Target, request.Headers, request.Body);

    // The machine is shared: once is chance.
    private static async Task<bool> IsSlowAgainAsync(WireClient client, FuzzRequest request)
    {
        for (var tries = 0; tries < 3; tries++)
        {
            if ((await SendAsync(client, request)).Elapsed <= Slow)
            {
                return false;
            }
        }

        return true;
    }

    // Later requests use what earlier ones have made.
    private static void Learn(WireAnswer answer, KnownNames names)
    {
        if (answer.Status is not (201 or 202) || answer.Header("Location") is not { } location)
        {
            return;
        }

        var parts = location.Split('/');
        var name = parts[^2] switch { "jobs" => "id", "leases" => "lease", "snapshots" => "key", "webhooks" => "webhook", _ => null };
        if (name is not null)
        {
            names.Add(name, Uri.UnescapeDataString(parts[^1]));
        }
    }

    private static async Task AssertNothingIsLeftAsync(FuzzNode fuzz)
    {
        var node = fuzz.Node;
        Assert.Empty(await new FuzzCleanUp(node.Api).RunAsync());
        foreach (var ns in new[] { "fuzz-a", "fuzz-b" })
        {
            Assert.Empty(await Invariants.CheckAsync(node.Containerd, ns, traces: new NodeTraces(Path.Combine(node.Gateway.Folder, "jobs.db"), [KnownNames.Password], node.Gateway.Log)));
        }

        Assert.Equal(200, (int)(await node.Api.GetAsync("/v1/node")).Status);
        Assert.DoesNotContain(node.Gateway.LogEntries, entry => (string?)entry["event"] is "LogDefect");
    }

    private static int Setting(string name, int otherwise) => int.Parse(Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : $"{otherwise}", CultureInfo.InvariantCulture);
}
