using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Jobs;

/// <summary>Keeps what is logged, exceptions and all.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> lines = new();

    public bool Contain(string text) => lines.Any(line => line.Contains(text, StringComparison.Ordinal));

    public int Count(string text) => lines.Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Returns once a line contains the text.</summary>
    public async Task UntilAsync(string text)
    {
        var limit = TestClock.Limit();
        while (!Contain(text))
        {
            limit.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

    public void Dispose()
    {
    }
}
