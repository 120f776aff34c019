using System.Collections.Concurrent;
using Gateway.Http;

namespace Gateway.Audit;

/// <summary>
/// The writer of the audit. A change begins only once its intent is on the disk. A result that cannot be written is kept and comes before anything
/// else that is: until then no change begins.
/// </summary>
internal sealed partial class AuditLog : IDisposable
{
    /// <summary>Records written at once: a bound on how long the first of them waits for the last.</summary>
    private const int MostAtOnce = 256;

    /// <summary>Results kept while they cannot be written; no more changes can be under way, but for jobs that end.</summary>
    private const int MostOwed = 20_000;

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<PendingRecord> waiting = new();
    private readonly Queue<PendingRecord> owed = new();
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly FileStream processLock;
    private readonly AuditFile file;
    private readonly AuditExport export;
    private readonly TimeProvider time;
    private readonly ILogger<AuditLog> log;
    private bool isFailing;

    private AuditLog(string path, FileStream processLock, AuditFile file, AuditExport export, TimeProvider time, ILogger<AuditLog> log)
    {
        (Path, this.processLock, this.file) = (path, processLock, file);
        (this.export, this.time, this.log) = (export, time, log);
    }

    public string Path { get; }

    /// <summary>What was found at the start.</summary>
    public AuditChain Found { get; private init; } = new();

    /// <summary>Whether a result waits to be written.</summary>
    public bool Owes => owed.Count > 0;

    /// <summary>Opens it and records what the last process left undone, or refuses with the reason.</summary>
    public static AuditLog Open(string path, AuditOptions options, AuditExport export, TimeProvider time, ILogger<AuditLog> log)
    {
        FileStream? held = null;
        try
        {
            held = AuditStart.TakeLock(path);
            var start = AuditStart.Read(path);
            var opened = new AuditLog(path, held, new AuditFile(path, options, start), export, time, log) { Found = start.Chain };
            foreach (var finding in start.Findings())
            {
                opened.owed.Enqueue(opened.Now(finding, isOwed: true));
            }

            opened.WriteWaiting();
            return opened;
        }
        catch (Exception failure)
        {
            held?.Dispose();
            throw failure is IOException or UnauthorizedAccessException ? new AuditException($"the audit {path} cannot be written: {failure.Message}", failure) : failure;
        }
    }

    /// <summary>Returns once the record is on the disk. It is not canceled: a caller that has left has asked all the same.</summary>
    public async Task<AuditRecord> AppendAsync(AuditRecord record)
    {
        try
        {
            return await WriteAsync(Now(record, isOwed: false));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(ProblemKinds.AuditUnavailable, "the audit cannot be written at the moment, so nothing is changed", failure) { RetryAfter = Retry };
        }
    }

    /// <summary>Records what has happened: at once, or as soon as it can be.</summary>
    public Task RecordAsync(AuditRecord record) => WriteAsync(Now(record, isOwed: true));

    /// <summary>Tries again to write what is owed.</summary>
    public async Task SettleAsync(CancellationToken cancel)
    {
        await gate.WaitAsync(cancel);
        try
        {
            WriteWaiting();
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose()
    {
        WriteWaiting();
        if (Owes)
        {
            LogLost(owed.Count);
        }

        file.Dispose();
        processLock.Dispose();
        gate.Dispose();
    }

    private PendingRecord Now(AuditRecord record, bool isOwed) => new(record with { Time = time.GetUtcNow() }, isOwed);

    // Whoever has the gate writes for all who wait at it; most of them then find their record written.
    private async Task<AuditRecord> WriteAsync(PendingRecord record)
    {
        waiting.Enqueue(record);
        await gate.WaitAsync();
        try
        {
            while (!record.Written.IsCompleted)
            {
                WriteWaiting();
            }
        }
        finally
        {
            gate.Release();
        }

        var written = await record.Written;
        if (written.Hash is not null)
        {
            export.Tell(written); // here, not where it was written: the log line then has this request's trace
        }

        return written;
    }

    private void WriteWaiting()
    {
        var late = owed.Count;
        var group = new List<PendingRecord>(owed);
        while (group.Count - late < MostAtOnce && waiting.TryDequeue(out var next))
        {
            group.Add(next);
        }

        if (group.Count is 0)
        {
            return;
        }

        try
        {
            var written = file.Append([.. group.Select(pending => pending.Record)]);
            owed.Clear();
            Settle(group, written, late);
        }
#pragma warning disable CA1031 // Each caller is told.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Refuse(group.Skip(late), failure);
        }
    }

    private void Settle(List<PendingRecord> group, IReadOnlyList<AuditRecord> written, int late)
    {
        foreach (var record in written.Take(late))
        {
            export.Tell(record);
        }

        for (var i = late; i < group.Count; i++)
        {
            group[i].Complete(written[i]);
        }

        if (isFailing)
        {
            isFailing = false;
            LogWritable(late);
        }
    }

    private void Refuse(IEnumerable<PendingRecord> group, Exception failure)
    {
        if (!isFailing)
        {
            isFailing = true;
            LogNotWritable(failure);
        }

        foreach (var pending in group)
        {
            if (!pending.IsOwed)
            {
                pending.Fail(failure);
                continue;
            }

            if (owed.Count < MostOwed)
            {
                owed.Enqueue(pending);
            }
            else
            {
                LogLost(1);
            }

            pending.Complete(pending.Record);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit cannot be written: no change is begun until it can be")]
    private partial void LogNotWritable(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit can be written again; {Count} results that were kept stand in it")]
    private partial void LogWritable(int count);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Count} records of the audit are lost: they could not be written")]
    private partial void LogLost(int count);
}
