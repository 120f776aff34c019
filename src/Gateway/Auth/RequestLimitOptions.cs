using System.ComponentModel.DataAnnotations;

namespace Gateway.Auth;

/// <summary>Section <c>Limits</c>, as far as it bounds requests. Rates from 10 on are rounded up to tens.</summary>
internal sealed class RequestLimitOptions
{
    public const string Section = "Limits";

    /// <summary>Requests of one subject in a second; up to twice as many come through at once. More are answered 429. Default 1000; 0, which is no limit, to 1,000,000.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerSecond { get; init; } = 1000;

    /// <summary>The same for what goes to one namespace, whoever asks. Default 2000; 0, which is no limit, to 1,000,000.</summary>
    [Range(0, 1_000_000)]
    public int NamespaceRequestsPerSecond { get; init; } = 2000;

    /// <summary>
    /// Wrong credentials from one address in a minute, all at once or spread; then what it sends is answered 429 unread. Default 600; 0, which is no limit, to
    /// 1,000,000. An IPv6 address counts as its /64.
    /// </summary>
    [Range(0, 1_000_000)]
    public int WrongCredentialsPerMinute { get; init; } = 600;
}
