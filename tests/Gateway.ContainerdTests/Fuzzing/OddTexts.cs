using CsCheck;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>Texts that break what was not made for them.</summary>
internal static class OddTexts
{
    private static readonly string[] Known =
    [
        "", " ", ".", "..", "../../etc/passwd", "/", "//", "\\", "%", "%2F", "%2e%2e", "%00", "%n%s", "\0", "a\0b", "\n", "a\r\nX-Evil: 1", "\t", "\u007f", "\u0085", "\u200b", "\u202e", "\u2028", "\ufeff", "\ufffd", "\uffff", "\ue000", "é", "\u0130", "\u212a", "ﬀ", "\ud83d\ude00",
        "a\u0300", "٣", "0", "-1", "+1", "1e999", "NaN", "Infinity", "0x10", "2147483648", "9223372036854775808", "-9223372036854775809", "1.5", "true", "null", "undefined", "[]", "{}", "'", "\"", "`", "$(id)", "{{7*7}}", "<script>", "' OR 1=1 --", "*", "?", "#", ";", ",", "=", "&", "|", "~", "!", "@", ":",
        "sha256:", "sha256:0", "sha512:0", "linux", "linux/amd64/v8/x", "a:b@c", "--help", "con", "__proto__", "containerd.io/gc.root", "io.cri-containerd.pinned", "gw-x", "gateway/job", "0s", "1h1h", "999999h999999m999999s", "1m", "30s", "2026-01-31T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999-14:00",
        "name==", "name~=/(/", "labels.\"a", "name==a,", "(((((((((((((((((((", "a{1,1000}{1,1000}", "MTo", "AAAA", "W/\"x\"", "\"x\"",
    ];

    // The last two go beyond every bound there is: of names, and of all texts.
    private static readonly string[] Long = [new('a', 77), new('a', 129), new('a', 257), new('é', 300), new('a', 1025), new('a', 4097), new('/', 3000), string.Concat(Enumerable.Repeat("a/", 1500)), new('(', 1000), new('a', 20_000), new('a', 300_000)];

    public static Gen<string> Any { get; } = Gen.Frequency((12, OneOf(Known)), (2, OneOf(Long)), (3, Gen.String[0, 20]), (2, Gen.String[Gen.Char["abc./:-_%@ \n\0é\u0000"], 1, 12]));

    public static Gen<string> OneOf(IReadOnlyList<string> texts) => Gen.Int[0, texts.Count - 1].Select(index => texts[index]);

    /// <summary>Short enough for a request line.</summary>
    public static Gen<string> Short { get; } = Any.Select(text => text.Length > 5000 ? text[..5000] : text);
}
