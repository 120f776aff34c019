using System.Globalization;
using Gateway.Containerd;
using Gateway.Containerd.Types;

namespace Gateway.ContainerdTests.Reads;

/// <summary>
/// Four images that change without pause, each by another door and in its own way. A change has a number; <see cref="Acknowledged"/> and
/// <see cref="Begun"/> say between which two a read that lies between them must be.
/// </summary>
public sealed class ImageWriters(Node node, string ns, NamespacedClient client, TimeSpan pause)
{
    public const string Labelled = "docker.io/w/labelled:1";
    public const string Moved = "docker.io/w/moved:1";
    public const string ByCtr = "docker.io/w/ctr:1";
    public const string ComesAndGoes = "docker.io/w/comes:1";

    private readonly Dictionary<string, long[]> begun = Counters();
    private readonly Dictionary<string, long[]> acknowledged = Counters();

    public long Begun(string name) => Volatile.Read(ref begun[name][0]);

    public long Acknowledged(string name) => Volatile.Read(ref acknowledged[name][0]);

    public static string TargetOf(long number) => "sha256:" + new string(number % 2 is 0 ? 'a' : 'b', 64);

    public async Task BeginAsync()
    {
        foreach (var name in new[] { Labelled, Moved, ByCtr })
        {
            await client.PutImageAsync(name, Target(0), new Dictionary<string, string> { ["v"] = "0" }, CancellationToken.None);
        }
    }

    /// <summary>Writes until it is told to end.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
        WriteAsync(Labelled, number => client.PutImageAsync(Labelled, Target(0), Version(number), CancellationToken.None), stop),
        WriteAsync(Moved, number => client.PutImageAsync(Moved, Target(number), Version(number), CancellationToken.None), stop),
        WriteAsync(ByCtr, number => node.Ctr.RunAsync(ns, "images", "label", ByCtr, $"v={number}"), stop),
        WriteAsync(ComesAndGoes, ComeOrGoAsync, stop));

    // Odd numbers make it, by ctr; even ones delete it, by the gateway.
    private async Task ComeOrGoAsync(long number)
    {
        if (number % 2 is 1)
        {
            await node.Ctr.RunAsync(ns, "images", "tag", Labelled, ComesAndGoes);
        }
        else
        {
            Assert.Equal(204, (int)(await node.Api.SendAsync(HttpMethod.Delete, $"/v1/namespaces/{ns}/images/{ComesAndGoes}")).Status);
        }
    }

    private async Task WriteAsync(string name, Func<long, Task> write, CancellationToken stop)
    {
        for (var number = 1L; !stop.IsCancellationRequested; number++)
        {
            Volatile.Write(ref begun[name][0], number);
            await write(number);
            Volatile.Write(ref acknowledged[name][0], number);
            await Task.Delay(pause, CancellationToken.None);
        }
    }

    private static ContentDescriptor Target(long number) => new() { MediaType = "application/vnd.oci.image.manifest.v1+json", Digest = TargetOf(number), Size = 1 };

    private static Dictionary<string, string> Version(long number) => new() { ["v"] = number.ToString(CultureInfo.InvariantCulture) };

    private static Dictionary<string, long[]> Counters() => new() { [Labelled] = [0], [Moved] = [0], [ByCtr] = [0], [ComesAndGoes] = [0] };
}
