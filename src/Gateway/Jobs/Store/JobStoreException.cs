namespace Gateway.Jobs;

/// <summary>
/// The store cannot be used, and the gateway refuses to start. The message is for the operator, who sees it on the console; no caller does.
/// </summary>
internal sealed class JobStoreException(JobStoreFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public JobStoreFault Fault { get; } = fault;
}

internal enum JobStoreFault
{
    /// <summary>Another process has it.</summary>
    InUse,

    /// <summary>SQLite finds it broken, a row is not as it was written, or the key file is not a key.</summary>
    Damaged,

    /// <summary>A newer gateway made it.</summary>
    TooNew,

    /// <summary>Its folder or file cannot be written.</summary>
    NotWritable,

    /// <summary>A file of it can be read or written by others.</summary>
    OpenToOthers,

    /// <summary>There is nothing to restore it from.</summary>
    NoBackup,
}
