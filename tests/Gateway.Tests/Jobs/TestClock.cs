namespace Gateway.Tests.Jobs;

internal static class TestClock
{
    /// <summary>Ends a wait that would hang the test run; no test passes by it.</summary>
    public static CancellationToken Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        return limit.Token;
    }
}
