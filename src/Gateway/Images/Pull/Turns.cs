namespace Gateway.Images.Pull;

/// <summary>
/// Lets the layers of one pull write one after the other, the lowest first. Unpacking starts with the lowest layer, so the sooner that is whole the
/// sooner both ends have work. The others download as far as their buffers go, and write whenever the lower ones have nothing at hand.
/// </summary>
internal sealed class Turns
{
    /// <summary>How long a higher layer waits for the next bytes of a lower one: more than a fast network needs, less than a slow one.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(15);

    private readonly Lock gate = new();
    private readonly SortedDictionary<int, TaskCompletionSource?> layers = [];
    private bool taken;
    private int round;

    /// <summary>Joins a layer; dispose the place when it has written everything.</summary>
    public Place Join(int priority)
    {
        lock (gate)
        {
            layers[priority] = null;
        }

        return new Place(this, priority);
    }

    private async Task RunAsync(int priority, Func<Task> work)
    {
        await TakeAsync(priority);
        try
        {
            await work();
        }
        finally
        {
            lock (gate)
            {
                taken = false;
                Offer();
            }
        }
    }

    private Task TakeAsync(int priority)
    {
        lock (gate)
        {
            var turn = layers[priority] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Offer();
            return turn.Task;
        }
    }

    private void Leave(int priority)
    {
        lock (gate)
        {
            layers.Remove(priority);
            Offer();
        }
    }

    // Gives the turn to the lowest layer if it waits for it; to another one only after a while.
    private void Offer()
    {
        if (taken || !layers.Any(layer => layer.Value is not null))
        {
            return;
        }

        round++;
        if (layers.First().Value is not null)
        {
            GiveToLowest();
        }
        else
        {
            _ = GiveLaterAsync(round);
        }
    }

    private async Task GiveLaterAsync(int asked)
    {
        await Task.Delay(Patience);
        lock (gate)
        {
            if (!taken && round == asked)
            {
                GiveToLowest();
            }
        }
    }

    private void GiveToLowest()
    {
        foreach (var (priority, turn) in layers)
        {
            if (turn is not null)
            {
                taken = true;
                layers[priority] = null;
                turn.SetResult();
                return;
            }
        }
    }

    /// <summary>A layer among those of its pull.</summary>
    internal sealed class Place(Turns turns, int priority) : IDisposable
    {
        /// <summary>Does the work when it is this layer's turn.</summary>
        public Task RunAsync(Func<Task> work) => turns.RunAsync(priority, work);

        public void Dispose() => turns.Leave(priority);
    }
}
