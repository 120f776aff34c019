using System.IO.Pipelines;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Gateway.Tests.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Oci.Registry;

/// <summary>Bodies that come slowly. The test is the registry: it writes to a pipe that the body is read from.</summary>
public sealed class ResponseBodyTests : IAsyncLifetime
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    private readonly FakeTimeProvider time = new();
    private readonly Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));
    private ResponseBody body = null!;

    public async ValueTask InitializeAsync() =>
        body = await ResponseBody.OfAsync(new HttpResponseMessage { Content = new StreamContent(pipe.Reader.AsStream()) }, Window, time, TestClock.Limit());

    public ValueTask DisposeAsync()
    {
        body.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Body_that_drips_is_a_timeout_that_may_pass()
    {
        await WaitForAsync(TimeSpan.FromSeconds(50), bytes: 1);
        await WaitForAsync(TimeSpan.FromSeconds(50), bytes: 1);

        var fault = await Assert.ThrowsAsync<RegistryFault>(async () => await ReadAsync());

        Assert.Equal((OciFault.RegistryTimeout, true), (fault.Fault, fault.Transient));
        Assert.Contains("came too slowly", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10 * LeastRate.BytesPerSecond, false)]
    [InlineData((10 * LeastRate.BytesPerSecond) - 1, true)]
    public async Task A_KiB_a_second_is_enough_and_less_is_not(int bytesInTenSeconds, bool tooSlow)
    {
        for (var tenSeconds = 0; tenSeconds < 6; tenSeconds++)
        {
            await WaitForAsync(TimeSpan.FromSeconds(10), bytesInTenSeconds);
        }

        await pipe.Writer.WriteAsync(new byte[1], TestClock.Limit());
        Assert.Equal(tooSlow, await Record.ExceptionAsync(async () => await ReadAsync()) is RegistryFault);
    }

    [Fact]
    public async Task Time_that_the_reader_takes_is_not_the_registrys()
    {
        for (var read = 0; read < 10; read++)
        {
            await WaitForAsync(TimeSpan.FromSeconds(1), bytes: 1);
            time.Advance(Window);
        }
    }

    [Fact]
    public async Task Each_window_is_judged_by_itself_however_much_came_before()
    {
        await WaitForAsync(TimeSpan.FromSeconds(1), bytes: 1_000_000);
        for (var read = 0; read < 3; read++)
        {
            await WaitForAsync(TimeSpan.FromSeconds(50), bytes: 1);
        }

        await WaitForAsync(TimeSpan.FromSeconds(50), bytes: 1);
        await Assert.ThrowsAsync<RegistryFault>(async () => await ReadAsync());
    }

    [Fact]
    public async Task End_before_the_window_is_over_is_an_end()
    {
        await WaitForAsync(TimeSpan.FromSeconds(50), bytes: 1);
        var end = ReadAsync();
        time.Advance(TimeSpan.FromSeconds(9));
        await pipe.Writer.CompleteAsync();

        Assert.Equal(0, await end);
        Assert.Equal(0, await ReadAsync());
    }

    private Task<int> ReadAsync() => body.ReadAsync(new byte[64], TestClock.Limit()).AsTask();

    /// <summary>Lets the read wait, then gives it so many bytes.</summary>
    private async Task WaitForAsync(TimeSpan wait, int bytes)
    {
        var buffer = new byte[bytes];
        var read = body.ReadAsync(buffer, TestClock.Limit()).AsTask();
        Assert.False(read.IsCompleted);
        time.Advance(wait);
        await pipe.Writer.WriteAsync(new byte[bytes], TestClock.Limit());
        for (var got = await read; got < bytes;)
        {
            got += await body.ReadAsync(buffer.AsMemory(got), TestClock.Limit());
        }
    }
}
