using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

/// <summary>Lists of images that are read page by page while images come and go.</summary>
public sealed class PagesTests(Nodes nodes)
{
    private const int Staying = 60;
    private const int Walks = 30;

    private static readonly string[] Queries = ["", "&view=full", "&filter=name~=pages/"];

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_that_is_there_all_the_time_is_seen_once_whatever_comes_and_goes_around_it(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace(nodes.NewName("pages"));
        using var containerd = new ContainerdClient(node.Containerd.Address);
        var client = containerd.In(ns.Name);
        var staying = Enumerable.Range(0, Staying).Select(number => NameOf(number, "stays")).ToArray();
        foreach (var name in staying)
        {
            await PutAsync(client, name);
        }

        using var stop = new CancellationTokenSource();
        var writing = Task.WhenAll(WriteAsync(node, client, ns.Name, seed: 1, stop.Token), WriteAsync(node, client, ns.Name, seed: 2, stop.Token));
        var (pages, changed) = (0, 0);
        for (var walk = 0; walk < Walks && !writing.IsFaulted; walk++)
        {
            var seen = new List<string>();
            await foreach (var page in PagesAsync(node, $"/v1/namespaces/{ns.Name}/images?pageSize={1 + (walk % 7)}{Queries[walk % Queries.Length]}", byLink: walk % 2 is 0))
            {
                seen.AddRange(page);
                pages++;
            }

            Assert.Equal(seen.Distinct().Order(StringComparer.Ordinal), seen);
            Assert.Equal(staying, seen.Where(name => name.EndsWith("stays", StringComparison.Ordinal)));
            changed += seen.Count > Staying ? 1 : 0;
        }

        await stop.CancelAsync();
        var changes = (await writing).Sum();
        Console.WriteLine($$"""{"check":"pages","containerd":"{{version}}","walks":{{Walks}},"pages":{{pages}},"changes":{{changes}}}""");
        Assert.True(changes > Walks && changed > Walks / 2, $"only {changes} changes were made, and {changed} walks saw any");
    }

    // With a letter before or after that of "stays", a name sorts right before or after one that stays.
    private static string NameOf(int number, string kind) => $"docker.io/pages/{number:D3}:{kind}";

    private static async Task PutAsync(NamespacedClient client, string name) => await client.PutImageAsync(
        name, new ContentDescriptor { MediaType = "application/vnd.oci.image.manifest.v1+json", Digest = Layer.Hash([]), Size = 1 }, new Dictionary<string, string>(), CancellationToken.None);

    // Makes and removes images all over the list, past the gateway and by it; gives how many changes it made.
    private static async Task<int> WriteAsync(Node node, NamespacedClient client, string ns, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        var (there, changes) = (new List<string>(), 0);
        for (; !stop.IsCancellationRequested; changes++)
        {
            if (there.Count < 20)
            {
                there.Add(NameOf(random.Next(Staying), $"{(random.Next(2) is 0 ? "a" : "z")}{seed}.{changes}"));
                await PutAsync(client, there[^1]);
                continue;
            }

            var gone = there[random.Next(there.Count)];
            there.Remove(gone);
            if (changes % 2 is 0)
            {
                Assert.Equal(204, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{ns}/images/{gone}")).Status);
            }
            else
            {
                await client.Images.DeleteAsync(new DeleteImageRequest { Name = gone }, cancellationToken: CancellationToken.None);
            }
        }

        return changes;
    }

    // A client may follow the token or the link: both lead to the same page.
    private static async IAsyncEnumerable<string[]> PagesAsync(Node node, string path, bool byLink)
    {
        for (var next = path; next is not null;)
        {
            var answer = await node.Api.GetAsync(next);
            Assert.True((int)answer.Status is 200, answer.Text);
            yield return [.. answer.Json["items"]!.AsArray().Select(item => (string)item!["name"]!)];
            var (token, link) = ((string?)answer.Json["nextPageToken"], answer.Headers.TryGetValues("Link", out var links) ? links.Single() : null);
            Assert.Equal(token is null, link is null);
            next = token is null ? null : byLink ? link!.Split('<', '>')[1] : $"{path}&pageToken={token}";
        }
    }
}
