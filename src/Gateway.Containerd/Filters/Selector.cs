namespace Gateway.Containerd.Filters;

/// <summary>What a selector asks of a field.</summary>
internal enum SelectorOperator
{
    Present,
    Equal,
    NotEqual,
    Matches,
}

/// <summary>One condition of a filter.</summary>
/// <param name="Path">The field's path, its parts without quotes.</param>
/// <param name="Position">Where in the filter it begins.</param>
internal sealed record Selector(IReadOnlyList<string> Path, SelectorOperator Operator, string Value, int Position)
{
    /// <summary>The expression of <c>~=</c>.</summary>
    public Re2Pattern? Pattern { get; init; }

    /// <param name="field">The field's value, and whether there is one.</param>
    public bool Matches((string Value, bool IsPresent) field) => Operator switch
    {
        SelectorOperator.Present => field.IsPresent,
        SelectorOperator.Equal => field.IsPresent && string.Equals(field.Value, Value, StringComparison.Ordinal),
        SelectorOperator.NotEqual => !string.Equals(field.Value, Value, StringComparison.Ordinal),
        // An absent field is matched as an empty one.
        _ => Pattern!.IsMatch(field.Value),
    };
}
