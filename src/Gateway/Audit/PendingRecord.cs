namespace Gateway.Audit;

/// <summary>A record that waits to be written. Those that wait at the same time are written together, and the disk is synced once for all of them.</summary>
/// <param name="record">Without its place in the chain.</param>
/// <param name="isOwed">Whether it is written later where it cannot be now: what it tells of has happened.</param>
internal sealed class PendingRecord(AuditRecord record, bool isOwed)
{
    private readonly TaskCompletionSource<AuditRecord> written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AuditRecord Record => record;

    public bool IsOwed => isOwed;

    /// <summary>The record as it stands in the chain.</summary>
    public Task<AuditRecord> Written => written.Task;

    public void Complete(AuditRecord chained) => written.SetResult(chained);

    public void Fail(Exception failure) => written.SetException(failure);
}
