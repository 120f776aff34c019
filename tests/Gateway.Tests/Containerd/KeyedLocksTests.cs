using Gateway.Containerd;

namespace Gateway.Tests.Containerd;

public sealed class KeyedLocksTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task Second_holder_of_a_key_waits_for_the_first()
    {
        var locks = new KeyedLocks();
        var first = await locks.EnterAsync("a", Never);
        var second = locks.EnterAsync("a", Never);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public async Task Different_keys_do_not_wait_for_each_other()
    {
        var locks = new KeyedLocks();
        using var a = await locks.EnterAsync("a", Never);
        using var b = await locks.EnterAsync("b", Never);
    }

    [Fact]
    public async Task Try_gets_a_free_key_and_never_a_held_one()
    {
        var locks = new KeyedLocks();
        using (locks.TryEnter("a"))
        {
            Assert.Null(locks.TryEnter("a"));
        }

        using var again = locks.TryEnter("a");
        Assert.NotNull(again);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Canceled_waiter_leaves_the_key_to_the_next()
    {
        var locks = new KeyedLocks();
        using var cancel = new CancellationTokenSource();
        var first = await locks.EnterAsync("a", Never);
        var impatient = locks.EnterAsync("a", cancel.Token);
        var patient = locks.EnterAsync("a", Never);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        first.Dispose();
        (await patient).Dispose();
    }

    [Fact]
    public async Task Disposing_twice_gives_the_lock_up_once()
    {
        var locks = new KeyedLocks();
        var first = await locks.EnterAsync("a", Never);
        var second = locks.EnterAsync("a", Never);
        var third = locks.EnterAsync("a", Never);
        first.Dispose();
        first.Dispose();
        using (await second)
        {
            Assert.False(third.IsCompleted);
        }

        (await third).Dispose();
    }

    [Fact]
    public async Task Key_is_exclusive_under_many_workers()
    {
        var locks = new KeyedLocks();
        var inside = 0;
        var most = 0;
        await Parallel.ForAsync(0, 500, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancel) =>
        {
            using var held = await locks.EnterAsync("a", cancel);
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        });
        Assert.Equal(1, most);
    }
}
