using System.Text;

namespace Gateway.Snapshots.Trees;

/// <summary>
/// Names of files as text, without loss. To the kernel a name is bytes; those that are not UTF-8 become U+F780 to U+F7FF, one a byte, and so
/// do those that are these characters.
/// </summary>
internal static class FileNames
{
    private const char Escape = '\uf700';

    public static string Text(ReadOnlySpan<byte> name)
    {
        if (Ascii.IsValid(name))
        {
            return Encoding.ASCII.GetString(name);
        }

        var text = new StringBuilder(name.Length);
        while (name.Length > 0)
        {
            var isRune = Rune.DecodeFromUtf8(name, out var rune, out var length) is System.Buffers.OperationStatus.Done;
            if (isRune && !IsEscape((char)Math.Min(rune.Value, char.MaxValue)))
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (var odd in name[..length])
                {
                    text.Append((char)(Escape + odd));
                }
            }

            name = name[length..];
        }

        return text.ToString();
    }

    /// <summary>The name's bytes and the NUL that the kernel wants at the end.</summary>
    public static byte[] Terminated(string name)
    {
        if (Ascii.IsValid(name))
        {
            return [.. Encoding.ASCII.GetBytes(name), 0];
        }

        using var bytes = new MemoryStream();
        Span<byte> encoded = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune.IsBmp && IsEscape((char)rune.Value))
            {
                bytes.WriteByte((byte)(rune.Value - Escape));
            }
            else
            {
                bytes.Write(encoded[..rune.EncodeToUtf8(encoded)]);
            }
        }

        bytes.WriteByte(0);
        return bytes.ToArray();
    }

    private static bool IsEscape(char c) => c is >= '\uf780' and <= '\uf7ff';
}
