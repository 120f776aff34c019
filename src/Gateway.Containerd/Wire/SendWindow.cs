namespace Gateway.Containerd.Wire;

/// <summary>How many bytes may be sent: HTTP/2's two windows (RFC 9113 section 5.2), the connection's and its one stream's.</summary>
internal sealed class SendWindow
{
    private const int Initial = 65535;

    private readonly Lock gate = new();
    private long connection = Initial;
    private long stream = Initial;
    private int initialOfStreams = Initial;
    private TaskCompletionSource changed = New();
    private Exception? failure;

    /// <summary>Takes 1 to <paramref name="wanted"/> bytes as soon as there are any; throws what the window was closed with.</summary>
    public async ValueTask<int> TakeAsync(int wanted)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (failure is not null)
                {
                    throw failure;
                }

                var granted = (int)Math.Min(wanted, Math.Min(connection, stream));
                if (granted > 0)
                {
                    (connection, stream) = (connection - granted, stream - granted);
                    return granted;
                }

                wait = changed.Task;
            }

            await wait;
        }
    }

    public void Grow(bool ofConnection, int bytes) => Change(() => _ = ofConnection ? connection += bytes : stream += bytes);

    /// <summary>The peer's <c>SETTINGS_INITIAL_WINDOW_SIZE</c>; a change counts for the open stream too (section 6.9.2).</summary>
    public void SetInitial(int bytes) => Change(() => (stream, initialOfStreams) = (stream + bytes - initialOfStreams, bytes));

    public void Close(Exception reason) => Change(() => failure ??= reason);

    private void Change(Action change)
    {
        TaskCompletionSource waiting;
        lock (gate)
        {
            change();
            (waiting, changed) = (changed, New());
        }

        waiting.SetResult();
    }

    private static TaskCompletionSource New() => new();
}
