using System.Text;
using Gateway.TestKit;
using Microsoft.AspNetCore.Http;

namespace Gateway.ContainerdTests.KitTests;

/// <summary>The search for secrets finds them: planted in each place that it looks at, in each form that they may have.</summary>
public sealed class CanaryTests
{
    [Theory]
    [InlineData("")]
    [InlineData("u")]
    [InlineData("us")]
    [InlineData("user:")]
    public void Secret_is_found_as_it_is_and_encoded_whatever_stands_around_it(string before)
    {
        var secret = Encoding.UTF8.GetBytes(before + Canary.New() + "}");
        foreach (var text in new[] { Encoding.UTF8.GetString(secret), Convert.ToBase64String(secret), Convert.ToHexString(secret), Convert.ToHexStringLower(secret) })
        {
            Assert.Single(Canary.Any($"Authorization: {text}\n"));
        }
    }

    [Theory]
    [InlineData("gwk_ci_pR1nc1pa1s0fTheMatrixHaveOneSecretTogether0")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlIG9mIGFsaWNl")]
    public void Secret_that_a_gateway_makes_is_found_by_its_form(string secret) => Assert.Single(Canary.Any($"key {secret} of"));

    [Theory]
    [InlineData("key:ci gwk_ci whsec_ sha256:4bf92f3577b34da6a3ce929d0e0e47364bf92f3577b34da6a3ce929d0e0e4736")]
    public void What_is_no_secret_is_not(string text) => Assert.Empty(Canary.Any(text));

    [Theory]
    [InlineData("jobs.db-wal")]
    [InlineData("audit.jsonl")]
    [InlineData("access.json")]
    public async Task Gateway_with_a_secret_in_a_file_fails_its_test(string file)
    {
        var gateway = await GatewayProcess.StartAsync("/nonexistent");
        await gateway.KillAsync();
        await File.AppendAllTextAsync(Path.Combine(gateway.Folder, file), Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{Canary.New()}")));
        await FailsAsync(file, gateway);
    }

    [Fact]
    public async Task Gateway_that_logs_a_secret_fails_its_test()
    {
        // A value that it cannot take is told.
        var settings = new Dictionary<string, string?> { ["AllowedHosts"] = $"{Canary.New()}:8443" };
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => GatewayProcess.StartRefusedAsync(settings));
        Assert.StartsWith("a secret stands in the gateway's log: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Daemon_that_keeps_a_secret_fails_its_test()
    {
        var containerd = await ContainerdDaemon.StartAsync(Versions.Oldest);
        await containerd.Ctr.RunAsync("kept", "namespaces", "create", "kept", $"note={Canary.New()}");
        await FailsAsync("containerd's metadata", containerd);
    }

    [Fact]
    public async Task Answer_that_tells_a_secret_fails_its_test()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        registry.Script = async http =>
        {
            await http.Response.WriteAsync($"{{\"detail\":\"{Canary.New()} is not right\"}}");
            return true;
        };
        using var api = new GatewayApi(new Uri($"http://{registry.Host}"), key: null);
        await Assert.ThrowsAsync<InvalidOperationException>(() => api.GetAsync("/v2/"));
    }

    [Fact]
    public async Task Export_that_holds_a_secret_fails_its_test()
    {
        var receiver = await OtlpReceiver.StartAsync();
        using var client = new HttpClient();
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(Canary.New()));
        using var answer = await client.PostAsync(receiver.Url + "/v1/unknown", body);
        await FailsAsync("what was exported", receiver);
    }

    private static async Task FailsAsync(string place, IAsyncDisposable holder)
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(async () => await holder.DisposeAsync());
        Assert.StartsWith($"a secret stands in {place}: ", failure.Message, StringComparison.Ordinal);
    }
}
