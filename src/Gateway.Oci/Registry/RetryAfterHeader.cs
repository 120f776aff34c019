namespace Gateway.Oci.Registry;

/// <summary>Reads <c>Retry-After</c> (RFC 9110 section 10.2.3).</summary>
public static class RetryAfterHeader
{
    /// <summary>A stranger may ask for a day; it is not waited for that long.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(15);

    /// <summary>How long the answer asks to wait, 0 to 15 minutes; null where it does not say.</summary>
    public static TimeSpan? Of(HttpResponseMessage answer, TimeProvider time)
    {
        var asked = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return asked is null ? null : TimeSpan.FromTicks(Math.Clamp(asked.Value.Ticks, 0, Most.Ticks));
    }
}
