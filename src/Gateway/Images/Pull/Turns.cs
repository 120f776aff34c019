namespace Gateway.Images.Pull;

/// <summary>
/// Lets the layers of one pull write one after the other, the lowest that has something first. Unpacking starts with the lowest layer, so the sooner
/// that is whole the sooner both cores have work; the others still download as far as their buffers go.
/// </summary>
internal sealed class Turns
{
    private readonly Lock gate = new();
    private readonly PriorityQueue<TaskCompletionSource, int> waiting = new();
    private bool taken;

    /// <summary>Runs the work in its turn. A lower priority goes first.</summary>
    public async Task RunAsync(int priority, Func<Task> work, CancellationToken cancel)
    {
        await TakeAsync(priority);
        try
        {
            cancel.ThrowIfCancellationRequested();
            await work();
        }
        finally
        {
            Pass();
        }
    }

    private Task TakeAsync(int priority)
    {
        lock (gate)
        {
            if (!taken)
            {
                taken = true;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(turn, priority);
            return turn.Task;
        }
    }

    private void Pass()
    {
        lock (gate)
        {
            if (waiting.TryDequeue(out var next, out _))
            {
                next.SetResult();
            }
            else
            {
                taken = false;
            }
        }
    }
}
