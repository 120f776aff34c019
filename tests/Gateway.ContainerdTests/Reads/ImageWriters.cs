using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Gateway.Containerd;
using Gateway.Containerd.Types;
using Gateway.ContainerdTests.Archives;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

/// <summary>
/// Images that change without pause, each by another door and in its own way. A change has a number; <see cref="Acknowledged"/> and
/// <see cref="Begun"/> say between which two a read that lies between them must be.
/// </summary>
public sealed class ImageWriters
{
    public const string Labelled = "docker.io/w/labelled:1";
    public const string Moved = "docker.io/w/moved:1";
    public const string ByCtr = "docker.io/w/ctr:1";
    public const string ComesAndGoes = "docker.io/w/comes:1";
    public const string Patched = "docker.io/w/patched:1";
    public const string Tagged = "docker.io/w/tagged:1";
    public const string Imported = "docker.io/w/imported:1";

    private static readonly TestImage[] Images = [TestImage.Small(330), TestImage.Small(331)];
    private static readonly byte[][] Archives = [.. Images.Select(image => TestArchive.OciLayout((Imported, image)).ToBytes())];

    private readonly Node node;
    private readonly string ns;
    private readonly NamespacedClient client;
    private readonly ScriptedRegistry registry;
    private readonly TimeSpan pause;
    private readonly string[] sources;
    private readonly Dictionary<string, long[]> begun;
    private readonly Dictionary<string, long[]> acknowledged;

    /// <param name="node">Whose images change.</param>
    /// <param name="ns">Their namespace.</param>
    /// <param name="client">The door past the gateway.</param>
    /// <param name="registry">What is pulled from.</param>
    /// <param name="pause">Between two changes of one image.</param>
    public ImageWriters(Node node, string ns, NamespacedClient client, ScriptedRegistry registry, TimeSpan pause)
    {
        (this.node, this.ns, this.client, this.registry, this.pause) = (node, ns, client, registry, pause);
        Pulled = registry.Add("w/pulled:1", Images[0]);
        sources = [registry.Add("w/even:1", Images[0]), registry.Add("w/odd:1", Images[1])];
        Names = [Labelled, Moved, ByCtr, ComesAndGoes, Patched, Tagged, Imported, Pulled];
        (begun, acknowledged) = (Names.ToDictionary(name => name, _ => new long[1]), Names.ToDictionary(name => name, _ => new long[1]));
    }

    public string Pulled { get; }

    public IReadOnlyList<string> Names { get; }

    public long Begun(string name) => Volatile.Read(ref begun[name][0]);

    public long Acknowledged(string name) => Volatile.Read(ref acknowledged[name][0]);

    /// <summary>What the image stands for with the change of that number, where changes move it.</summary>
    public static string TargetOf(string name, long number) => name == Moved ? Target(number).Digest : Images[number % 2].Digest;

    public async Task BeginAsync()
    {
        foreach (var name in new[] { Labelled, Moved, ByCtr, Patched })
        {
            await client.PutImageAsync(name, Target(0), Version(0), CancellationToken.None);
        }

        await PullAsync(sources[0]);
        await PullAsync(sources[1]);
        await PullAsync(Pulled);
        await TagAsync(0);
        await ImportAsync(0);
    }

    /// <summary>Writes until it is told to end; a failure ends it too.</summary>
    public Task RunAsync(CancellationTokenSource stop) => Task.WhenAll(
        WriteAsync(Labelled, number => client.PutImageAsync(Labelled, Target(0), Version(number), CancellationToken.None), stop),
        WriteAsync(Moved, number => client.PutImageAsync(Moved, Target(number), Version(number), CancellationToken.None), stop),
        WriteAsync(ByCtr, number => node.Ctr.RunAsync(ns, "images", "label", ByCtr, $"v={number}"), stop),
        WriteAsync(ComesAndGoes, ComeOrGoAsync, stop),
        WriteAsync(Patched, number => AnswersAsync(HttpStatusCode.OK, node.Api.SendAsync(HttpMethod.Patch, PathOf(Patched), JsonContent.Create(new { labels = Version(number) }))), stop),
        WriteAsync(Tagged, TagAsync, stop),
        WriteAsync(Imported, ImportAsync, stop),
        WriteAsync(Pulled, number => PullAsync(registry.Add("w/pulled:1", Images[number % 2])), stop));

    // Odd numbers make it, by ctr; even ones delete it, by the gateway.
    private async Task ComeOrGoAsync(long number)
    {
        if (number % 2 is 1)
        {
            await node.Ctr.RunAsync(ns, "images", "tag", Labelled, ComesAndGoes);
        }
        else
        {
            await AnswersAsync(HttpStatusCode.NoContent, node.Api.SendAsync(HttpMethod.Delete, PathOf(ComesAndGoes)));
        }
    }

    private Task TagAsync(long number) =>
        AnswersAsync(HttpStatusCode.Created, node.Api.PostAsync(PathOf("tag"), new { source = sources[number % 2], target = Tagged, force = true }));

    private Task ImportAsync(long number) => node.Api.ImportAsync(ns, Archives[number % 2], "overwrite=true&unpack=false");

    private async Task PullAsync(string reference)
    {
        var job = await node.Api.PullAsync(ns, new { reference, unpack = false });
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
    }

    private static async Task AnswersAsync(HttpStatusCode status, Task<Answer> answer) => Assert.True((await answer).Status == status, (await answer).Text);

    private string PathOf(string name) => $"/v1/namespaces/{ns}/images/{name}";

    private async Task WriteAsync(string name, Func<long, Task> write, CancellationTokenSource stop)
    {
        try
        {
            for (var number = 1L; !stop.IsCancellationRequested; number++)
            {
                Volatile.Write(ref begun[name][0], number);
                await write(number);
                Volatile.Write(ref acknowledged[name][0], number);
                await Task.Delay(pause, CancellationToken.None);
            }
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private static ContentDescriptor Target(long number) => new() { MediaType = "application/vnd.oci.image.manifest.v1+json", Digest = "sha256:" + new string(number % 2 is 0 ? 'a' : 'b', 64), Size = 1 };

    private static Dictionary<string, string> Version(long number) => new() { ["v"] = number.ToString(CultureInfo.InvariantCulture) };
}
