using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using Gateway.TestKit;
using Microsoft.Data.Sqlite;

namespace Gateway.ContainerdTests.Survival;

/// <summary>Many submissions a second while the gateway is killed again and again: each 202 is one row with one end.</summary>
public sealed class SubmissionTests
{
    private const int Clients = 128;

    private static readonly (TimeSpan Time, int Kills) Extent = Campaign.IsLong ? (TimeSpan.FromSeconds(60), 6) : (TimeSpan.FromSeconds(6), 2);

    [Fact]
    public async Task Each_accepted_job_is_there_once_and_ends()
    {
        await using var containerd = await ContainerdDaemon.StartAsync(Versions.Oldest);
        await using var gateway = await GatewayProcess.StartAsync(containerd.Address, new Dictionary<string, string?>
        {
            ["Jobs__MaxQueued"] = "100000",
            ["Jobs__MaxFinished"] = "1000000",
            ["Jobs__MaxRunning"] = "16",
        }, FaultNode.Program);
        await using var registry = await ScriptedRegistry.StartAsync();
        var accepted = new ConcurrentDictionary<string, string>();
        using var over = new CancellationTokenSource(Extent.Time);
        var submitting = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => SubmitAsync(gateway, registry.Host, client, accepted, over.Token)));
        for (var kill = 0; kill < Extent.Kills; kill++)
        {
            await Task.Delay(Extent.Time / (Extent.Kills + 1));
            await gateway.KillAsync();
            await gateway.StartAsync();
        }

        await submitting;
        await Wait.UntilAsync(async () => await CountAsync(gateway, "queued") + await CountAsync(gateway, "running") is 0, "every job ends", seconds: 600);

        var rows = Rows(gateway);
        Assert.Equal(accepted.Count, accepted.Values.Distinct().Count());
        Assert.Equal(accepted.Values.Order(), rows.Keys.Order());
        Assert.All(rows.Values, state => Assert.Equal("failed", state)); // the registry knows none of the images
        Console.WriteLine($"{accepted.Count} submissions in {Extent.Time.TotalSeconds} s with {Extent.Kills} kills");
        Campaign.Report($"submissions, {accepted.Count / Extent.Time.TotalSeconds:0} a second for {Extent.Time.TotalSeconds} s", Versions.Oldest, accepted.Count, (Extent.Kills, 0));
    }

    // A request that breaks is sent again with its key until it is answered.
    private static async Task SubmitAsync(GatewayProcess gateway, string host, int client, ConcurrentDictionary<string, string> accepted, CancellationToken over)
    {
        for (var number = 0; !over.IsCancellationRequested; number++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{client}-{number}");
            while (!accepted.ContainsKey(key))
            {
                try
                {
                    using var answer = await gateway.Api.Http.PostAsync($"/v1/namespaces/flood-{client % 8}/images/pull", Pull(host, key), CancellationToken.None);
                    if ((int)answer.StatusCode is 202)
                    {
                        accepted[key] = answer.Headers.Location!.ToString().Split('/')[^1];
                        continue;
                    }

                    // The one before it may still be under way, or the gateway about to end.
                    Assert.True((int)answer.StatusCode is 409 or 503, await answer.Content.ReadAsStringAsync(CancellationToken.None));
                }
                catch (Exception broken) when (broken is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException)
                {
                    // It was killed.
                }

                await Task.Delay(50, CancellationToken.None);
            }
        }
    }

    private static StringContent Pull(string host, string key)
    {
        var body = new StringContent($$"""{"reference": "{{host}}/none/app:{{key}}"}""", new MediaTypeHeaderValue("application/json"));
        body.Headers.Add("Idempotency-Key", key);
        return body;
    }

    private static async Task<int> CountAsync(GatewayProcess gateway, string state) =>
        (await gateway.Api.GetAsync($"/v1/jobs?state={state}&pageSize=1")).Json["items"]!.AsArray().Count;

    private static Dictionary<string, string> Rows(GatewayProcess gateway)
    {
        using var connection = new SqliteConnection($"Data Source={gateway.Folder}/jobs.db;Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id, state FROM jobs";
        using var reader = command.ExecuteReader();
        var rows = new Dictionary<string, string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0), reader.GetString(1));
        }

        return rows;
    }
}
