namespace Gateway.Containerd;

/// <summary>
/// A token that follows the caller's by a moment. A daemon that is cut off while it makes a snapshot leaves a folder without a record, which stays until
/// it next collects a snapshot; nearly always it is done within this moment, and the caller's clean-up then finds what there is.
/// </summary>
internal sealed class LateCancel : IDisposable
{
    /// <summary>Less than the 2 seconds within which a canceled job ends.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource late = new();
    private readonly CancellationTokenRegistration followed;

    private LateCancel(CancellationToken cancel) =>
        followed = cancel.UnsafeRegister(static late => ((CancellationTokenSource)late!).CancelAfter(Moment), late);

    public CancellationToken Token => late.Token;

    /// <summary>For calls that change snapshots; null for others.</summary>
    public static LateCancel? For(string service, string method, CancellationToken cancel) =>
        cancel.CanBeCanceled && !cancel.IsCancellationRequested && service.EndsWith(".Snapshots", StringComparison.Ordinal) && method is "Prepare" or "View" or "Commit" or "Remove"
            ? new(cancel)
            : null;

    /// <inheritdoc />
    public void Dispose()
    {
        followed.Dispose();
        late.Dispose();
    }
}
