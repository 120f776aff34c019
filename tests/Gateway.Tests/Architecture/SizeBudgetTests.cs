namespace Gateway.Tests.Architecture;

/// <summary>The budgets of file length, in lines. A failure lists the longest files.</summary>
public sealed class SizeBudgetTests
{
    private const int MedianLines = 60;
    private const int NinetiethPercentileLines = 150;
    private const int MostLines = 300;

    private static readonly int[] Lengths = [.. SourceTree.Sources.Select(file => file.LineCount).Order()];

    [Fact]
    public void The_median_file_is_short() => AssertWithin(MedianLines, Lengths[Lengths.Length / 2], "median");

    [Fact]
    public void Nine_of_ten_files_are_not_long() => AssertWithin(NinetiethPercentileLines, Lengths[Lengths.Length * 9 / 10], "90th percentile");

    [Fact]
    public void No_file_is_too_long() => AssertWithin(MostLines, Lengths[^1], "longest");

    private static void AssertWithin(int budget, int lines, string what) =>
        Assert.True(lines <= budget, $"the {what} file has {lines} lines, the budget is {budget}. The longest files:\n" + string.Join('\n',
            SourceTree.Sources.OrderByDescending(file => file.LineCount).Take(20).Select(file => $"{file.LineCount,5} {file.Path}")));
}
