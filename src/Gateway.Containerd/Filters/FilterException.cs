using System.Globalization;

namespace Gateway.Containerd.Filters;

/// <summary>A filter that cannot be used; the message is for its author.</summary>
/// <param name="position">Where in the filter, in characters from 0.</param>
/// <param name="problem">What is wrong there.</param>
public sealed class FilterException(int position, string problem)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"{problem}, at character {position + 1}"))
{
    /// <summary>Where in the filter, in characters from 0.</summary>
    public int Position { get; } = position;
}
