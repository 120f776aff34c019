using Gateway.Images;
using Gateway.Images.Pull;
using Microsoft.Extensions.Options;

namespace Gateway.Tests.Images;

public sealed class PullGatesTests : IDisposable
{
    private readonly PullGates gates = new(Options.Create(new ImageOptions()));

    public void Dispose() => gates.Dispose();

    [Fact]
    public async Task Those_who_want_several_blobs_never_wait_in_a_circle()
    {
        var inside = 0;
        var orders = new[] { "a b c", "c b a", "b c a", "c a b" }.SelectMany(order => Enumerable.Repeat(order.Split(' '), 50));
        await Task.WhenAll(orders.Select(EnterAsync)).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        async Task EnterAsync(string[] order)
        {
            await Task.Yield();
            using var held = await gates.BlobsAsync("ns", order, TestContext.Current.CancellationToken);
            Assert.Equal(1, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }
    }

    [Fact]
    public async Task Who_gives_up_waiting_for_one_blob_leaves_the_others_free()
    {
        using var other = await gates.BlobsAsync("ns", ["b"], TestContext.Current.CancellationToken);
        using var stop = new CancellationTokenSource();
        var waiting = gates.BlobsAsync("ns", ["b", "a"], stop.Token);
        Assert.Null(gates.TryBlob("ns", "a"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        using var free = gates.TryBlob("ns", "a");
        Assert.NotNull(free);
    }

    [Fact]
    public async Task Same_blob_of_another_namespace_is_another_blob()
    {
        using var here = await gates.BlobsAsync("one", ["a"], TestContext.Current.CancellationToken);
        using var there = gates.TryBlob("two", "a");
        Assert.NotNull(there);
        Assert.Null(gates.TryBlob("one", "a"));
    }
}
