using Gateway.Auth;

namespace Gateway.Tests.Auth;

public sealed class RateBudgetTests
{
    /// <summary>More than any bucket here can be refilled by while they are taken.</summary>
    private const int Many = 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(95)]
    public void At_once_come_twice_as_many_as_a_second_has_and_then_none_until_later(int rate)
    {
        using var budget = RateBudget.PerSecond(rate);
        Assert.InRange(TakenUntilRefused(budget, "alice", out var wait), 2 * rate, Many - 1);
        Assert.True(wait >= TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(59)]
    [InlineData(600)]
    public void At_once_come_as_many_as_a_minute_has(int rate)
    {
        using var budget = RateBudget.PerMinute(rate);
        Assert.InRange(TakenUntilRefused(budget, "10.0.0.1", out var wait), rate, Many - 1);
        Assert.True(wait >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void One_name_takes_nothing_of_another()
    {
        using var budget = RateBudget.PerMinute(3);
        TakenUntilRefused(budget, "alice", out _);
        Assert.Null(budget.Take("bob"));
        Assert.Null(budget.Take("Alice"));
    }

    [Fact]
    public void Looking_takes_none()
    {
        using var budget = RateBudget.PerMinute(1);
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(budget.Look("alice"));
        }

        Assert.Null(budget.Take("alice"));
        Assert.NotNull(budget.Look("alice"));
    }

    [Fact]
    public void No_limit_is_none()
    {
        using var second = RateBudget.PerSecond(0);
        using var minute = RateBudget.PerMinute(0);
        Assert.Equal((Many, Many), (TakenUntilRefused(second, "alice", out _), TakenUntilRefused(minute, "alice", out _)));
    }

    private static int TakenUntilRefused(RateBudget budget, string name, out TimeSpan? wait)
    {
        var taken = 0;
        while ((wait = budget.Take(name)) is null && taken < Many)
        {
            taken++;
        }

        return taken;
    }
}
