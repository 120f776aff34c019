using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>Why one try at one host failed. Becomes an <see cref="OciException"/> where it is known what was asked for.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1032", Justification = "Never leaves this room and always has a fault.")]
internal sealed class RegistryFault(OciFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public OciFault Fault { get; } = fault;

    /// <summary>Whether the same request may succeed a little later.</summary>
    public bool Transient { get; init; }

    /// <summary>Whether nothing was sent, since the host is left alone for now.</summary>
    public bool NotAsked { get; init; }

    /// <summary>Whether its tries are used up, on a token that a request needed first or a piece of a blob: what that belongs to is not tried again for it.</summary>
    public bool Spent { get; init; }

    /// <summary>Whether another server failed, as a token server: the registry's own host has answered.</summary>
    public bool Elsewhere { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The answer's status, where there was an answer.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The same, of what has been tried as often as it may be.</summary>
    public RegistryFault AsSpent(bool elsewhere = false) => new(Fault, Message, this) { Transient = Transient, Spent = true, Elsewhere = elsewhere, RetryAfter = RetryAfter, Status = Status };
}
