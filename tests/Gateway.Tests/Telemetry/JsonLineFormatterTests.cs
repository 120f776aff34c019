using System.Diagnostics;
using System.Text.Json;
using Gateway.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Telemetry;

public sealed class JsonLineFormatterTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, 89, TimeSpan.FromHours(2));

    [Fact]
    public void Entry_is_one_line_with_time_level_category_event_and_message()
    {
        var line = Line("job {JobId} took {Bytes}", ["job-1", 12L]);

        Assert.Equal("2026-03-04T03:06:07.089Z", line.GetProperty("timestamp").GetString());
        Assert.Equal("warn", line.GetProperty("level").GetString());
        Assert.Equal("Gateway.Jobs", line.GetProperty("category").GetString());
        Assert.Equal("JobEnded", line.GetProperty("event").GetString());
        Assert.Equal("job job-1 took 12", line.GetProperty("message").GetString());
        Assert.Equal("job-1", line.GetProperty("fields").GetProperty("jobId").GetString());
        Assert.Equal(12, line.GetProperty("fields").GetProperty("bytes").GetInt64());
    }

    [Fact]
    public void Entry_within_a_span_carries_its_ids()
    {
        using var span = new Activity("probe").SetIdFormat(ActivityIdFormat.W3C).Start();

        var line = Line("hello", []);

        Assert.Equal(span.TraceId.ToHexString(), line.GetProperty("traceId").GetString());
        Assert.Equal(span.SpanId.ToHexString(), line.GetProperty("spanId").GetString());
    }

    [Fact]
    public void Entry_without_a_span_carries_no_ids() => Assert.False(Line("hello", []).TryGetProperty("traceId", out _));

    [Fact]
    public void Scopes_become_fields_and_the_entrys_own_win()
    {
        var scopes = new LoggerExternalScopeProvider();
        using var outer = scopes.Push(new Dictionary<string, object?>(StringComparer.Ordinal) { ["RequestId"] = "r1", ["RequestPath"] = "/secret", ["JobId"] = "outer" });
        using var text = scopes.Push("only words");

        var fields = Line("job {JobId}", ["inner"], scopes: scopes).GetProperty("fields");

        Assert.Equal(["requestId", "jobId"], fields.EnumerateObject().Select(p => p.Name));
        Assert.Equal("inner", fields.GetProperty("jobId").GetString());
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\r\n{\"level\":\"info\"}")]
    [InlineData("\u001b[31mred\u0000\u0007\u009b2J")]
    [InlineData("left\u202eright\u2066\u200f")]
    [InlineData("\u2028\u2029\u0085")]
    public void Control_characters_never_reach_the_output(string hostile)
    {
        var raw = Raw("{Name}", [hostile]);

        Assert.Equal(raw.Length - 1, raw.IndexOf('\n', StringComparison.Ordinal));
        Assert.DoesNotContain(raw[..^1], c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);
        Assert.Equal(hostile, JsonDocument.Parse(raw).RootElement.GetProperty("fields").GetProperty("name").GetString());
    }

    [Fact]
    public void Half_a_surrogate_pair_does_not_break_the_line() => Assert.Equal("�", Line("{Name}", ["\ud83d"]).GetProperty("message").GetString());

    [Fact]
    public void Exception_tells_its_causes_with_credentials_masked()
    {
        var failure = Thrown(new InvalidOperationException("outer", new IOException("GET https://r.example/b?X-Amz-Signature=canary-sig failed: Bearer canary-token-value")));

        var exception = Line("it failed", [], failure).GetProperty("exception");

        Assert.Equal("System.InvalidOperationException", exception.GetProperty("type").GetString());
        Assert.Contains(nameof(Thrown), exception.GetProperty("stack").GetString(), StringComparison.Ordinal);
        var cause = exception.GetProperty("cause");
        Assert.Equal("System.IO.IOException", cause.GetProperty("type").GetString());
        Assert.Equal("GET https://r.example/b?[redacted] failed: Bearer [redacted]", cause.GetProperty("message").GetString());
    }

    [Fact]
    public void Causes_and_texts_are_bounded()
    {
        Exception failure = new InvalidOperationException(new string('x', 100_000));
        for (var i = 0; i < 50; i++)
        {
            failure = new InvalidOperationException("level", failure);
        }

        var raw = Raw("{Text}", [new string('y', 1_000_000)], failure);

        Assert.InRange(raw.Length, 1, 4 * 4096 + 4096);
    }

    [Fact]
    public void Fields_are_bounded()
    {
        var template = string.Concat(Enumerable.Range(0, 200).Select(i => $"{{F{i}}}"));

        var line = Line(template, Enumerable.Range(0, 200).Cast<object?>().ToArray());

        Assert.Equal(32, line.GetProperty("fields").EnumerateObject().Count());
    }

    private static InvalidOperationException Thrown(InvalidOperationException failure)
    {
        try
        {
            throw failure;
        }
        catch (InvalidOperationException caught)
        {
            return caught;
        }
    }

    private static JsonElement Line(string template, object?[] values, Exception? failure = null, IExternalScopeProvider? scopes = null) =>
        JsonDocument.Parse(Raw(template, values, failure, scopes)).RootElement;

    private static string Raw(string template, object?[] values, Exception? failure = null, IExternalScopeProvider? scopes = null)
    {
        var clock = new FakeTimeProvider(Now);
        var output = new StringWriter();
#pragma warning disable CA1848, CA2254 // The template is the test's data.
        new Capturing(new JsonLineFormatter(clock), scopes, output).Log(LogLevel.Warning, new EventId(7, "JobEnded"), failure, template, values);
#pragma warning restore CA1848, CA2254
        return output.ToString();
    }

    // Goes through LoggerExtensions, so that the state is what real call sites produce.
    private sealed class Capturing(JsonLineFormatter formatter, IExternalScopeProvider? scopes, TextWriter output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter1) =>
            formatter.Write(new LogEntry<TState>(logLevel, "Gateway.Jobs", eventId, state, exception, formatter1), scopes, output);
    }
}
