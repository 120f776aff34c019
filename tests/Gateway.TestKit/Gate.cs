namespace Gateway.TestKit;

/// <summary>Holds requests until a test opens it, and tells the test when one has come.</summary>
public sealed class Gate
{
    private readonly TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first request waits at the gate; fails after a minute without one.</summary>
    public Task Arrived => arrived.Task.WaitAsync(TimeSpan.FromMinutes(1));

    public void Open() => opened.TrySetResult();

    internal Task PassAsync(CancellationToken cancel)
    {
        arrived.TrySetResult();
        return opened.Task.WaitAsync(cancel);
    }
}
