using Google.Protobuf.WellKnownTypes;

namespace Gateway.Containerd;

/// <summary>Times as containerd sends them.</summary>
public static class WireTimes
{
    /// <summary>The time, or null where it is not set: 1.6 fills unset times with year 1.</summary>
    public static DateTimeOffset? OrNull(this Timestamp? time) => time is null || time.ToDateTimeOffset().Year is 1 ? null : time.ToDateTimeOffset();
}
