namespace Gateway.Oci;

/// <summary>How Go's encoding/json reads names and times, where it differs from .NET.</summary>
internal static class GoNames
{
    /// <summary>Whether Go takes the two names for one field: it ignores case, and folds the Kelvin sign to k and the long s to s.</summary>
    /// <param name="field">A field of a spec, in ASCII.</param>
    public static bool AreOne(string field, string name)
    {
        if (field.Length != name.Length)
        {
            return false;
        }

        for (var i = 0; i < field.Length; i++)
        {
            if (Fold(field[i]) != Fold(name[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a time ends in <c>Z</c> or <c>+hh:mm</c>; without one .NET reads it in the machine's own zone and Go refuses it.</summary>
    public static bool HasOffset(string time) => time.Contains('T') && (time[^1] is 'Z' || (time.Length > 6 && time[^6] is '+' or '-'));

    private static char Fold(char c) => c switch
    {
        '\u212A' => 'k',
        '\u017F' => 's',
        >= 'A' and <= 'Z' => (char)(c | 0x20),
        _ => c,
    };
}
