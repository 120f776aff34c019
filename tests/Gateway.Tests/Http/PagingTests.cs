using Gateway.Http;

namespace Gateway.Tests.Http;

public sealed class PagingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(100)]
    public void Pages_hold_each_item_once_in_order(int pageSize)
    {
        var all = Enumerable.Range(0, 21).Select(number => $"image-{number:D2}").ToArray();
        Assert.Equal(all, Walk(pageSize, _ => all));
    }

    [Fact]
    public void Pages_stay_right_while_items_come_and_go()
    {
        string[] before = ["a", "c", "e", "g"];
        string[] after = ["b", "d", "f", "g"];   // the token's own item went, others came on both sides of it
        Assert.Equal(["a", "c", "d", "f", "g"], Walk(2, page => page is 0 ? before : after));
    }

    [Fact]
    public void Page_behind_the_last_item_is_empty_and_the_last()
    {
        var page = Paging.Slice(new[] { "a" }, item => item, new PageRequest { PageToken = Paging.Seal("z") });
        Assert.Empty(page.Items);
        Assert.Null(page.NextPageToken);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("!!")]
    [InlineData("Mjph")]   // another version's
    public void Token_of_another_making_is_refused(string token) => Assert.Throws<ProblemException>(() => Paging.Open(token));

    private static List<string> Walk(int pageSize, Func<int, string[]> listAt)
    {
        var seen = new List<string>();
        string? token = null;
        var number = 0;
        do
        {
            var page = Paging.Slice(listAt(number++), item => item, new PageRequest { PageSize = pageSize, PageToken = token });
            Assert.True(page.Items.Count <= pageSize);
            seen.AddRange(page.Items);
            token = page.NextPageToken;
        }
        while (token is not null);
        return seen;
    }
}
