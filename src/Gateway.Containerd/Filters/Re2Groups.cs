using System.Text.RegularExpressions;

namespace Gateway.Containerd.Filters;

/// <summary>What follows <c>(?</c>.</summary>
internal static partial class Re2Groups
{
    /// <summary>Passes the name of a capture; false where there is none.</summary>
    public static bool ReadsName(Re2Input input, HashSet<string> names)
    {
        var isNew = input.Sees("<");
        if (!isNew && !input.Sees("P<"))
        {
            return false;
        }

        if (isNew)
        {
            // Go takes this form since 1.22 only: whether containerd does depends on what it was built with.
            input.Foreign();
        }

        var name = input.TakeUntil(">")?[(isNew ? 1 : 2)..];
        return name is not null && Name().IsMatch(name) && names.Add(name)
            ? true
            : throw new FormatException("a group's name is missing, odd, or there twice");
    }

    /// <summary>Passes flags such as <c>i</c>, <c>-s</c> or <c>U-m</c>. True where they hold for the rest of the group, false where a group of their own follows.</summary>
    public static bool IsFlagsOnly(Re2Input input)
    {
        var (isNegative, sawFlag) = (false, false);
        while (true)
        {
            switch (input.Next())
            {
                case 'i' or 'm' or 's' or 'U':
                    input.Foreign();
                    sawFlag = true;
                    break;
                case '-' when !isNegative:
                    (isNegative, sawFlag) = (true, false);
                    break;
                case ':' when !isNegative || sawFlag:
                    return false;
                case ')' when !isNegative || sawFlag:
                    return true;
                default:
                    throw new FormatException("look-around, atomic groups and the like are not in RE2");
            }
        }
    }

    [GeneratedRegex(@"\A\w+\z", RegexOptions.ECMAScript | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
