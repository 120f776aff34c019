using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Wire;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>
/// Writes one blob into the content store. The ingest outlives the call: another writer with the same ref, in this process or the
/// next, goes on where this one stopped.
/// </summary>
/// <remarks>
/// Writes are sent without waiting for each answer, which the protocol allows: the daemon handles them in order and answers each. A failure
/// surfaces at the next write or at the commit. <c>expected</c> is never sent before the commit: under the default content sharing
/// policy a digest named at the opening hands out a blob of another namespace without a byte being shown.
/// </remarks>
public sealed class BlobWriter : IAsyncDisposable
{
    /// <summary>Bytes in one WRITE; containerd takes at most 16 MiB with framing.</summary>
    public const int ChunkBytes = 1024 * 1024;

    private static readonly TimeSpan FirstLockWait = TimeSpan.FromMilliseconds(16);
    private static readonly TimeSpan LongestLockWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly NamespacedClient containerd;
    private readonly ContentWriteCall call;
    private readonly string ingestRef;
    private readonly long total;
    private long sent;
    private long stored;
    private Task<WriteContentResponse?> opening = Task.FromResult<WriteContentResponse?>(null);
    private Task<WriteContentResponse?>? answers;

    private BlobWriter(NamespacedClient containerd, ContentWriteCall call, string ingestRef, long total)
    {
        this.containerd = containerd;
        this.call = call;
        this.ingestRef = ingestRef;
        this.total = total;
    }

    /// <summary>Where the next byte goes: what an earlier writer left, plus what this one has sent.</summary>
    public long Offset => sent;

    /// <summary>Bytes the daemon has acknowledged.</summary>
    public long Stored => Interlocked.Read(ref stored);

    /// <summary>
    /// Opens or resumes an ingest. While another writer holds the ref this waits and asks again, with a random pause that grows from 16 ms to
    /// 2 s, until <paramref name="isThere"/> says that the blob has come some other way, and then returns null.
    /// </summary>
    public static async Task<BlobWriter?> OpenAsync(
        NamespacedClient containerd, string ingestRef, long totalBytes, Func<CancellationToken, Task<bool>> isThere, CancellationToken cancel)
    {
        for (var wait = FirstLockWait; ; wait = wait * 2 < LongestLockWait ? wait * 2 : LongestLockWait)
        {
            if (await TryOpenAsync(containerd, ingestRef, totalBytes, cancel) is { } writer)
            {
                return writer;
            }

            await Task.Delay(wait * (0.5 + Random.Shared.NextDouble()), cancel);
            if (await isThere(cancel))
            {
                return null;
            }
        }
    }

    /// <summary>Opens or resumes an ingest; null where another writer holds the ref. The daemon itself waits for it, a second at most.</summary>
    /// <param name="totalBytes">0: not known. Another total than the ingest was begun with begins it anew.</param>
    public static async Task<BlobWriter?> TryOpenAsync(NamespacedClient containerd, string ingestRef, long totalBytes, CancellationToken cancel)
    {
        var writer = new BlobWriter(containerd, await containerd.OpenWriteAsync(cancel), ingestRef, totalBytes);
        try
        {
            await writer.StatAsync(cancel);
            return writer;
        }
        catch (RpcException locked) when (IsLocked(locked))
        {
            await writer.DisposeAsync();
            return null;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends bytes. They may be reused as soon as the task completes.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        answers ??= ReadAnswersAsync();
        if (answers.IsCompleted)
        {
            await answers;
        }

        // The call is done with the memory when the write ends, so the caller's buffer can be wrapped instead of copied.
        var request = new WriteContentRequest { Action = WriteAction.Write, Ref = ingestRef, Offset = sent, Data = UnsafeByteOperations.UnsafeWrap(bytes) };
        Failpoint.Before("Content/Write write", CallRules.Injected);
        await SendAsync(request, cancel);
        Failpoint.After("Content/Write write", CallRules.Injected);
        sent += bytes.Length;
    }

    /// <summary>
    /// Commits. A wrong digest or size ends in FAILED_PRECONDITION and leaves the ingest, which the caller aborts; ALREADY_EXISTS, where another
    /// writer was first, is success.
    /// </summary>
    /// <returns>Null where the blob was stored, with the labels; else the one that was here before, which has not got them and is held by the client's lease now.</returns>
    public async Task<Info?> CommitAsync(string expected, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        answers ??= ReadAnswersAsync();
        // The offset is not optional: a COMMIT at 0 truncates what is there.
        var request = new WriteContentRequest { Action = WriteAction.Commit, Ref = ingestRef, Offset = sent, Total = total, Expected = expected };
        request.Labels.Add(labels.ToDictionary(StringComparer.Ordinal));
        try
        {
            Failpoint.Before("Content/Write commit", CallRules.Injected);
            await SendAsync(request, cancel);
            await call.CompleteAsync();
            if (await answers.WaitAsync(cancel) is not { Action: WriteAction.Commit })
            {
                throw new RpcException(new Grpc.Core.Status(StatusCode.DataLoss, "containerd closed the write without a commit"));
            }

            Failpoint.After("Content/Write commit", CallRules.Injected);
            return null;
        }
        catch (RpcException first) when (first.StatusCode is StatusCode.AlreadyExists)
        {
            // The daemon adds to the lease what it stores, but not what was here before; that may be collected in this very moment, and the bytes that were sent are gone.
            return await containerd.FindAndHoldAsync(expected, cancel)
                ?? throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, $"{expected} was collected while it was stored again"));
        }
    }

    /// <summary>Ends the writing without a commit, once the daemon has acknowledged every byte: the ingest holds <see cref="Offset"/> bytes then.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        await call.CompleteAsync();
        await (answers ??= ReadAnswersAsync()).WaitAsync(cancel);
    }

    /// <summary>Ends the call, but not the ingest, and waits until the daemon has given the ref free.</summary>
    public async ValueTask DisposeAsync()
    {
        // Half-closing lets the daemon's handler return in its own time. A call that is simply dropped leaves the ref locked for a moment, and
        // whoever aborts or reopens the ingest then runs into that.
        try
        {
            // An ingest that is just being made is made first: a clean-up that comes next must find it.
            await opening.WaitAsync(CloseLimit);
            await call.CompleteAsync();
            await ((Task)(answers ??= ReadAnswersAsync())).WaitAsync(CloseLimit);
        }
        catch (Exception ended) when (ended is RpcException or TimeoutException)
        {
            // Ended before, or stuck: then it is dropped.
        }

        call.Dispose();
        if (answers is not null)
        {
            await ((Task)answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal static bool IsLocked(RpcException failure) =>
        failure.StatusCode is StatusCode.Unavailable && failure.Status.Detail.Contains(" locked", StringComparison.Ordinal);

    private async Task StatAsync(CancellationToken cancel)
    {
        Failpoint.Before("Content/Write open", CallRules.Injected);
        await SendAsync(new WriteContentRequest { Action = WriteAction.Stat, Ref = ingestRef, Total = total }, cancel);
        opening = call.ReadAsync(CancellationToken.None);
        var answer = await opening.WaitAsync(cancel)
            ?? throw new RpcException(new Grpc.Core.Status(StatusCode.DataLoss, "containerd closed the write without an answer"));
        Failpoint.After("Content/Write open", CallRules.Injected);
        sent = stored = answer.Offset;
    }

    // A send fails with a bare "can't write" or a broken pipe once the daemon has ended the call or itself: the reason is on the answers' side.
    private async Task SendAsync(WriteContentRequest request, CancellationToken cancel)
    {
        try
        {
            await call.WriteAsync(request, cancel);
        }
        catch (RpcException broken)
        {
            await (answers ??= ReadAnswersAsync());
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "containerd ended the write", broken));
        }
    }

    private async Task<WriteContentResponse?> ReadAnswersAsync()
    {
        WriteContentResponse? last = null;
        while (await call.ReadAsync(CancellationToken.None) is { } answer)
        {
            last = answer;
            Interlocked.Exchange(ref stored, last.Offset);
        }

        return last;
    }
}
