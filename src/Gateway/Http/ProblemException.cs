namespace Gateway.Http;

/// <summary>Leaves a feature with the problem to answer. Features throw it where they know the noun; nobody catches it but the one table.</summary>
internal sealed class ProblemException(ProblemKind kind, string detail, Exception? inner = null) : Exception(detail, inner)
{
    public ProblemKind Kind { get; } = kind;

    /// <summary>Messages by field, for <c>invalid_request</c>.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The status where it is not the kind's: the same fault, but of the caller instead of a registry.</summary>
    public int? Status { get; init; }

    /// <summary>A header the answer carries, such as the range that would have been right.</summary>
    public (string Name, string Value)? Header { get; init; }

    /// <summary>Sent as <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static ProblemException InvalidField(string field, string message) =>
        new(ProblemKinds.InvalidRequest, $"{field}: {message}") { Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] } };
}
