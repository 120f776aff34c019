using System.Text.Json;
using Gateway.Images.Pull;
using Gateway.Oci;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Oci;

/// <summary>A secret leaves by no door but its own.</summary>
public sealed class SecretTests
{
    private const string Value = "canary-5eCr3t";

    private static readonly Secret Kept = Value;

    public static TheoryData<string> Texts =>
    [
        $"{Kept}",
        "" + Kept,
        string.Format(System.Globalization.CultureInfo.InvariantCulture, "{0}", Kept),
        new { Kept }.ToString()!,
        new Dictionary<string, Secret> { ["a"] = Kept }.First().ToString(),
        LoggerMessage.Define<Secret>(LogLevel.Information, 1, "{Secret}") is { } log ? Logged(log) : "",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Text_of_one_tells_nothing(string text) => Assert.DoesNotContain(Value, text);

    [Fact]
    public void One_is_read_from_JSON_and_never_written()
    {
        var auth = JsonSerializer.Deserialize<RegistryAuth>($$"""{"Username": "ann", "Password": "{{Value}}"}""")!;
        Assert.Equal(Value, auth.Password!.Reveal());
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(auth));
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(Kept));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Secret>("1"));
    }

    [Fact]
    public void Two_are_equal_by_what_they_hold()
    {
        Assert.Equal(new Secret(Value), Kept);
        Assert.NotEqual(new Secret(Value + "x"), Kept);
        Assert.Equal(new Secret(Value).GetHashCode(), Kept.GetHashCode());
    }

    private static string Logged(Action<ILogger, Secret, Exception?> log)
    {
        var lines = new Lines();
        log(lines, Kept, null);
        return lines.Text;
    }

    private sealed class Lines : ILogger
    {
        public string Text { get; private set; } = "";

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Text += formatter(state, exception) + string.Join(' ', (IReadOnlyList<KeyValuePair<string, object?>>)state!);
    }
}
