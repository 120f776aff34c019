namespace Gateway.TestKit;

/// <summary>Waiting for what has no signal, with a bound that only matters on failure.</summary>
public static class Wait
{
    public static async Task UntilAsync(Func<Task<bool>> isTrue, string what, int seconds = 60)
    {
        var end = DateTime.UtcNow.AddSeconds(seconds);
        while (!await isTrue())
        {
            if (DateTime.UtcNow > end)
            {
                throw new TimeoutException($"waited {seconds} s in vain: {what}");
            }

            await Task.Delay(50);
        }
    }

    public static Task UntilAsync(Func<bool> isTrue, string what, int seconds = 60) => UntilAsync(() => Task.FromResult(isTrue()), what, seconds);
}
