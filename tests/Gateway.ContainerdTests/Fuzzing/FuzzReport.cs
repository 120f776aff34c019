using System.Collections.Concurrent;
using System.Text.Json;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>What came of it all.</summary>
internal sealed class FuzzReport(ulong seed)
{
    private readonly ConcurrentDictionary<int, int> statuses = new();
    private readonly ConcurrentDictionary<string, string> faults = new();
    private readonly ConcurrentDictionary<string, int> slow = new();

    /// <summary>Each kind once, with the request that showed it.</summary>
    public IReadOnlyCollection<string> Faults => [.. faults.OrderBy(fault => fault.Key, StringComparer.Ordinal).Select(fault => $"{fault.Key}\n    {fault.Value}")];

    public void Count(int status) => statuses.AddOrUpdate(status, 1, (_, before) => before + 1);

    /// <param name="fault">What is wrong.</param>
    /// <param name="request">How to see it again.</param>
    public void AddFault(string operation, string fault, string request) => faults.TryAdd($"{operation}: {fault}", request);

    /// <summary>An operation whose answer took over a second each time it was asked again.</summary>
    public void AddSlow(string operation) => slow.AddOrUpdate(operation, 1, (_, before) => before + 1);

    /// <summary>A line for who publishes the figures.</summary>
    public void Print(int requests)
    {
        var line = JsonSerializer.Serialize(new { fuzz = "http", seed, requests, statuses = statuses.OrderBy(status => status.Key).ToDictionary(), slow = slow.OrderBy(operation => operation.Key).ToDictionary(), faults = faults.Count });
        Console.WriteLine(line);
        if (Environment.GetEnvironmentVariable("FUZZ_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }
}
