namespace Gateway.ContainerdTests.BadInput;

/// <summary>Jobs and their streams over the wire.</summary>
public sealed class JobTests(JobArea area) : IClassFixture<JobArea>
{
    [Theory]
    [MemberData(nameof(JobData.Cases), MemberType = typeof(JobData))]
    public Task Job_that_is_not_there_or_asked_for_wrongly_is_refused(string method, string path, string? body, string expected) =>
        Refusal.IsAsync(area, method, path.Replace("{job}", area.Job, StringComparison.Ordinal), body, expected);

    [Theory]
    [MemberData(nameof(JobData.WithHeaders), MemberType = typeof(JobData))]
    public Task Stream_or_condition_that_cannot_be_met_is_refused(string method, string path, string headers, string? body, string expected) =>
        Refusal.WithAsync(area, method, path.Replace("{job}", area.Job, StringComparison.Ordinal), headers, body, expected);
}
