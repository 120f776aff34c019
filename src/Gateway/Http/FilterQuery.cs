namespace Gateway.Http;

/// <summary>The <c>filter</c> parameter of lists: containerd's filter syntax, several are OR-ed.</summary>
internal static class FilterQuery
{
    public const int MaxFilters = 16;
    public const int MaxFilterLength = 1024;

    /// <summary>The filters, within bounds. What the daemon cannot parse it tells itself.</summary>
    public static string[] Checked(string[]? filters) => filters switch
    {
        null => [],
        { Length: > MaxFilters } => throw ProblemException.InvalidField("filter", $"is given more than {MaxFilters} times"),
        _ when filters.Any(filter => filter.Length is 0 or > MaxFilterLength) => throw ProblemException.InvalidField("filter", $"is empty or longer than {MaxFilterLength} characters"),
        _ => filters,
    };
}
