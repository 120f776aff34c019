using System.Text.RegularExpressions;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Service;

/// <summary>The README's curl lines do what the README says. Its registries are loopback ones here, by way of hosts.toml.</summary>
public sealed partial class ReadmeTests(Nodes nodes)
{
    [Fact]
    public async Task Curl_lines_of_the_readme_work_as_they_stand()
    {
        await using var hub = await ScriptedRegistry.StartAsync();
        var alpine = TestImage.Index(docker: false, ("linux/amd64", TestImage.Small(70)), ("linux/arm64", TestImage.Small(71, "linux/arm64")));
        hub.Add("library/alpine:3.20", alpine);
        await using var node = await Node.StartAsync("2");
        await ServeAsync(node, "docker.io", hub.Host);
        await ServeAsync(node, "registry.example.com", (await nodes.RegistryAsync()).Host);

        var ran = 0;
        foreach (var block in Blocks().Where(block => block.Contains("export URL=", StringComparison.Ordinal)))
        {
            var (exit, output) = await RunAsync(node, block);
            Assert.True(exit is 0, output);
            ran++;
            Assert.Equal(block.Contains("Prefer: wait", StringComparison.Ordinal), output.Contains("succeeded", StringComparison.Ordinal));
            Assert.DoesNotContain("\"failed\"", output);
            Assert.Equal(alpine.Digest, await node.Ctr.TargetOfAsync("default", "docker.io/library/alpine:3.20"));
        }

        Assert.Equal(4, ran);
        Assert.Equal(["docker.io/library/alpine:3.20"], await node.Ctr.ImagesAsync("default"));
    }

    private static async Task ServeAsync(Node node, string domain, string host)
    {
        var folder = Directory.CreateDirectory(Path.Combine(node.Gateway.Folder, "certs.d", domain)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "hosts.toml"), $"server = \"http://{host}\"\n");
    }

    // What the quickstart prints stands in for the example values, and curl fails where the API answers an error.
    private static async Task<(int Exit, string Output)> RunAsync(Node node, string block)
    {
        var folder = Repo.NewFolder("readme");
        try
        {
            var script = Example().Replace(block, $"export URL={node.Gateway.Url.GetLeftPart(UriPartial.Authority)} KEY={GatewayProcess.Key}; cd {folder}");
            return await ChildProcess.TryRunAsync("bash", "-euo", "pipefail", "-c", "curl() { command curl --fail-with-body \"$@\"; }\n" + script);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Blocks() =>
        ShellBlock().Matches(File.ReadAllText(Path.Combine(Repo.Root, "README.md"))).Select(match => match.Groups["text"].Value);

    [GeneratedRegex("^```sh\n(?<text>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex("^export URL=.*$", RegexOptions.Multiline)]
    private static partial Regex Example();
}
