namespace Gateway.Containerd;

/// <summary>Searching in a list that is ordered by name, ordinally.</summary>
public static class SortedNames
{
    /// <summary>Index of the first item whose name comes after the given one; the count where none does.</summary>
    public static int IndexAfter<T>(IReadOnlyList<T> sorted, Func<T, string> name, string after)
    {
        var (low, high) = (0, sorted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(name(sorted[middle]), after) > 0)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
