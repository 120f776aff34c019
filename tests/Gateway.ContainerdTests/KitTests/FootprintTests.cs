using System.Runtime.CompilerServices;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

public sealed class FootprintTests
{
    [Theory]
    [InlineData(5, 2, 10_000, true)]
    [InlineData(6, 0, 0, true, "25 open files, it had 19")]
    [InlineData(0, 3, 0, true, "33 threads, it had 30")]
    [InlineData(0, 0, 10_001, true, "110001 KiB of memory, it had 100000")]
    [InlineData(5, 10, 48 << 10, false)]
    [InlineData(0, 11, 0, false, "41 threads, it had 30")]
    public void Growth_is_told_beyond_its_bound(int files, int threads, int memory, bool isAtRest, params string[] told) => Assert.Equal(
        told.Select(each => "process 7 has " + each), new Footprint(19, 30, 100_000).GrowthTo(new(19 + files, 30 + threads, 100_000 + memory), 7, isAtRest));

    [Fact]
    public async Task Garbage_is_gone_from_what_is_weighed_at_rest()
    {
        var garbage = Drop();
        await Footprint.CollectedAsync(Environment.ProcessId);
        Assert.False(garbage.IsAlive);

        // Old enough that only a collection of all takes it.
        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference Drop()
        {
            var dropped = new object();
            GC.Collect();
            GC.Collect();
            Assert.Equal(GC.MaxGeneration, GC.GetGeneration(dropped));
            return new WeakReference(dropped);
        }
    }
}
