namespace Gateway.Audit;

/// <summary>What a record tells of.</summary>
internal enum AuditKind
{
    /// <summary>A change is asked for, and about to be tried.</summary>
    Intent,

    /// <summary>What was answered.</summary>
    Result,

    /// <summary>A known caller asked for a change that it may not make; nothing was tried.</summary>
    Denied,

    /// <summary>A job came to its end.</summary>
    End,

    /// <summary>The process that tried a change ended before it knew the result.</summary>
    Interrupted,

    /// <summary>A last line that a crash had cut was taken away.</summary>
    Recovered,

    /// <summary>A new file begins where the last one was put aside.</summary>
    Continued,
}

/// <summary>One record of the audit: no body, no query, no header, so no secret. Absent is what does not apply.</summary>
internal sealed record AuditRecord
{
    /// <summary>Rises by one with each record.</summary>
    public long Sequence { get; init; }

    /// <summary>`intent` before a change is tried, `result` after; `denied`; `end` of a job; `interrupted`, `recovered` and `continued` of the audit itself.</summary>
    public required AuditKind Kind { get; init; }

    /// <summary>Of a `result` or `interrupted`: the sequence of its intent.</summary>
    public long? Intent { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The request's `X-Request-Id`; the caller may have chosen it.</summary>
    public string? Request { get; init; }

    /// <summary>Who asked.</summary>
    public string? Subject { get; init; }

    /// <summary>The address the request came from; `unix` over a Unix socket.</summary>
    public string? From { get; init; }

    /// <summary>The operation's `operationId`.</summary>
    public string? Operation { get; init; }

    /// <summary>The request's method.</summary>
    public string? Method { get; init; }

    /// <summary>The request's path, without its query.</summary>
    public string? Path { get; init; }

    /// <summary>containerd's namespace, where there is one.</summary>
    public string? Namespace { get; init; }

    /// <summary>The job that the request is about or has started, or that has ended.</summary>
    public string? Job { get; init; }

    /// <summary>Of an `end`: what the job did.</summary>
    public string? JobKind { get; init; }

    /// <summary>Of an `end`: `succeeded`, `failed` or `canceled`.</summary>
    public string? State { get; init; }

    /// <summary>Leads to the spans and log lines.</summary>
    public string? TraceId { get; init; }

    /// <summary>The answer's status; absent where none was given.</summary>
    public int? Status { get; init; }

    /// <summary>The problem's code; `client_left` where nobody waited for the answer.</summary>
    public string? Code { get; init; }

    /// <summary>The `hash` of the record before.</summary>
    public string? Previous { get; init; }

    /// <summary>SHA-256 of the record's line in the file without this member, in hex.</summary>
    public string? Hash { get; init; }
}
