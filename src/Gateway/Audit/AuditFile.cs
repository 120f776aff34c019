using Gateway.Http;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Audit;

/// <summary>Appends to the chain. What it returns is on the disk; of what fails nothing stays in the file. Used by one writer at a time.</summary>
internal sealed class AuditFile : IDisposable
{
    private readonly string path;
    private readonly AuditOptions options;
    private FileStream? file;
    private long length;
    private long sequence;
    private string hash;
    private bool mayHoldMore;

    public AuditFile(string path, AuditOptions options, AuditStart start)
    {
        (this.path, this.options) = (path, options);
        (length, sequence, hash) = (start.Length, start.Chain.Sequence, start.Chain.Hash);
        mayHoldMore = start.TornBytes > 0;
        file = PrivateFile.Open(path, FileMode.OpenOrCreate, FileShare.ReadWrite);
    }

    /// <summary>Writes the records, one after the other, and syncs the disk once.</summary>
    public IReadOnlyList<AuditRecord> Append(IReadOnlyList<AuditRecord> records)
    {
        file ??= PrivateFile.Open(path, FileMode.CreateNew, FileShare.ReadWrite);
        RequireAsLeft(file.SafeFileHandle);
        var (bytes, chained) = Chain(records);
        if (length > 0 && length + bytes.Length > options.MaxFileBytes)
        {
            PutAside();
            (bytes, chained) = Chain(records);
        }

        Write(file.SafeFileHandle, bytes);
        (length, sequence, hash) = (length + bytes.Length, chained[^1].Sequence, chained[^1].Hash!);
        return [.. chained.TakeLast(records.Count)];
    }

    public void Dispose() => file?.Dispose();

    // Somebody who moves, cuts or extends the file while it is written would otherwise have records vanish that were promised.
    private void RequireAsLeft(SafeFileHandle handle)
    {
        if (mayHoldMore)
        {
            RandomAccess.SetLength(handle, length);
            mayHoldMore = false;
        }

        if (new FileInfo(path) is not { Exists: true } there || there.Length != length)
        {
            throw new IOException($"{path} is not as it was left: it was moved, cut, or written by somebody else");
        }
    }

    private void PutAside()
    {
        AuditFiles.Shift(path, options.KeepFiles);
        file!.Dispose();
        (file, length) = (null, 0);
        file = PrivateFile.Open(path, FileMode.CreateNew, FileShare.ReadWrite);
    }

    private (byte[] Bytes, IReadOnlyList<AuditRecord> Records) Chain(IReadOnlyList<AuditRecord> records)
    {
        using var bytes = new MemoryStream();
        var chained = new List<AuditRecord>();
        var previous = hash;
        if (length is 0 && sequence > 0)
        {
            Add(new AuditRecord { Kind = AuditKind.Continued, Time = records[0].Time });
        }

        foreach (var record in records)
        {
            Add(record);
        }

        return (bytes.ToArray(), chained);

        void Add(AuditRecord record)
        {
            var (line, written) = AuditLine.Write(record with { Sequence = sequence + chained.Count + 1, Previous = previous });
            bytes.Write(line);
            chained.Add(written);
            previous = written.Hash!;
        }
    }

    private void Write(SafeFileHandle handle, byte[] bytes)
    {
        try
        {
            Failpoint.Before("audit write", text => new IOException(text));
            RandomAccess.Write(handle, bytes, length);
            RandomAccess.FlushToDisk(handle);
            Failpoint.After("audit write", text => new IOException(text));
        }
        catch
        {
            mayHoldMore = true;
            RandomAccess.SetLength(handle, length);
            mayHoldMore = false;
            throw;
        }
    }
}
