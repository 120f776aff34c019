using System.Globalization;
using System.Text;

namespace Gateway.Containerd;

/// <summary>Writes filters in containerd's syntax.</summary>
public static class FilterText
{
    /// <summary>The filter for one value of a field. The value may hold any character: quoted as Go quotes a string.</summary>
    public static string Equal(string field, string value)
    {
        var text = new StringBuilder(field).Append("==\"");
        foreach (var c in value)
        {
            // The daemon's own scanner knows \x, and neither a raw line feed nor a raw NUL.
            _ = c switch
            {
                '"' or '\\' => text.Append('\\').Append(c),
                < ' ' or (char)0x7f => text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }
}
