using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Tests.Jobs.Running;

public sealed class JobVerdictTests
{
    private static readonly DateTimeOffset Now = new(2025, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RpcException Unavailable = new(new Status(StatusCode.Unavailable, "down"));

    [Theory]
    [InlineData(nameof(StopReason.Cancel), nameof(Verdict.Cancel))]
    [InlineData(nameof(StopReason.Shutdown), nameof(Verdict.PutBack))]
    [InlineData(nameof(StopReason.Lost), nameof(Verdict.Leave))]
    [InlineData(nameof(StopReason.Deadline), nameof(Verdict.Fail))]
    public void A_reason_to_stop_counts_more_than_the_exception_it_led_to(string reason, string verdict) =>
        Assert.Equal(verdict, Judge(Unavailable, Enum.Parse<StopReason>(reason)).Verdict.ToString());

    [Fact]
    public void Running_out_of_time_is_told_as_such() =>
        Assert.Equal("deadline_exceeded", Judge(new OperationCanceledException(), StopReason.Deadline).Problem!.Kind.Code);

    public static TheoryData<Exception, string> Failures => new()
    {
        { Unavailable, "retry containerd_unavailable" },
        { new RpcException(new Status(StatusCode.DeadlineExceeded, "")), "retry containerd_timeout" },
        { new RpcException(new Status(StatusCode.Unknown, "write: no space left on device")), "fail insufficient_storage" },
        { new RpcException(new Status(StatusCode.PermissionDenied, "")), "fail containerd_failure" },
        { new OciException(OciFault.RegistryUnavailable, "reset"), "retry registry_unavailable" },
        { new OciException(OciFault.RegistryUnavailable, "400") { IsFinal = true }, "fail registry_unavailable" },
        { new OciException(OciFault.RegistryRateLimited, "429"), "retry registry_rate_limited" },
        { new OciException(OciFault.RegistryTimeout, "stalled"), "retry registry_timeout" },
        { new OciException(OciFault.RegistryUnauthorized, "401"), "fail registry_unauthorized" },
        { new OciException(OciFault.DigestMismatch, "differs"), "fail digest_mismatch" },
        { new OciException(OciFault.ImageNotFound, "404"), "fail image_not_found" },
        { new InvalidOperationException("a defect"), "fail internal_error" },
        { new OperationCanceledException("a timeout of the handler's own"), "fail internal_error" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Only_what_may_pass_is_tried_again(Exception failure, string expected)
    {
        var verdict = Judge(failure);
        Assert.Equal(expected, $"{verdict.Verdict.Spell()} {verdict.Problem!.Kind.Code}");
        Assert.Equal(verdict.Verdict == Verdict.Retry, verdict.RetryAt is not null);
    }

    [Fact]
    public void A_defect_tells_nothing_of_itself() =>
        Assert.DoesNotContain("secret", Judge(new InvalidOperationException("secret")).Problem!.Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, nameof(Verdict.Retry))]
    [InlineData(3, nameof(Verdict.Retry))]
    [InlineData(4, nameof(Verdict.Fail))]
    public void The_last_attempt_is_final(int failures, string verdict) =>
        Assert.Equal(verdict, Judge(Unavailable, failures: failures).Verdict.ToString());

    [Fact]
    public void A_wait_beyond_the_deadline_is_not_begun_and_the_known_failure_is_told()
    {
        var verdict = Judge(Unavailable, started: Now - TimeSpan.FromMinutes(59) - TimeSpan.FromSeconds(56));
        Assert.Equal(Verdict.Fail, verdict.Verdict);
        Assert.Equal("containerd_unavailable", verdict.Problem!.Kind.Code);
    }

    [Theory]
    [InlineData(1, 1.0, 1)]
    [InlineData(1, 0.5, 0.5)]
    [InlineData(3, 1.0, 4)]
    [InlineData(6, 1.0, 32)]
    [InlineData(7, 1.0, 60)]
    [InlineData(2000, 1.0, 60)]
    [InlineData(9, 0.0, 0)]
    public void Backoff_doubles_to_a_minute_and_is_jittered_from_nothing_up(int failures, double jitter, double seconds) =>
        Assert.Equal(seconds, JobVerdict.Backoff(failures, null, jitter).TotalSeconds, 3);

    [Theory]
    [InlineData(30, 0.0, 30)]
    [InlineData(30, 1.0, 31)]
    [InlineData(86_400, 0.0, 900)]
    [InlineData(-5, 0.0, 0)]
    public void What_the_other_side_asked_for_is_waited_at_least_but_no_more_than_a_quarter_of_an_hour(int asked, double jitter, double seconds) =>
        Assert.Equal(seconds, JobVerdict.Backoff(1, TimeSpan.FromSeconds(asked), jitter).TotalSeconds, 3);

    [Fact]
    public void Five_attempts_at_a_dead_containerd_take_no_less_than_twenty_seconds() =>
        Assert.True(Enumerable.Range(1, 4).Sum(failures => JobVerdict.Backoff(failures, ProblemTable.From(Unavailable).RetryAfter, 0).TotalSeconds) >= 20);

    private static JobVerdict Judge(Exception failure, StopReason reason = StopReason.None, int failures = 0, DateTimeOffset? started = null) =>
        JobVerdict.On(SampleJob.New() with { Failures = failures, StartedAt = started ?? Now }, reason, failure, maxAttempts: 5, Now, jitter: 0);
}
