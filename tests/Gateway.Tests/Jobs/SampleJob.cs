using Gateway.Jobs;

namespace Gateway.Tests.Jobs;

internal static class SampleJob
{
    /// <summary>A job as a starter makes it, with an id that has not been used.</summary>
    public static JobRecord New(string subject = "key:alice", string? workKey = null, byte[]? secret = null) => new()
    {
        Id = Ids.Next(),
        Kind = TestHandler.DefaultKind,
        Namespace = "team-a",
        Subject = subject,
        Request = """{"reference":"docker.io/library/alpine:3.20"}""",
        WorkKey = workKey,
        Secret = secret,
        CreatedAt = new DateTimeOffset(2025, 6, 1, 0, 0, 0, TimeSpan.Zero),
        Timeout = TimeSpan.FromHours(1),
        TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };

    private static readonly JobId Ids = new(TimeProvider.System);
}
