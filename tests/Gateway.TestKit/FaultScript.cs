using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Gateway.TestKit;

/// <summary>Which requests meet which fault, and how often. The rules are tried in the order they were given.</summary>
public sealed class FaultScript
{
    private readonly ConcurrentQueue<Rule> rules = new();

    /// <summary>Adds a rule.</summary>
    /// <param name="pathPart">Requests whose path holds this text.</param>
    /// <param name="fault">What happens to them.</param>
    /// <param name="times">To so many of them, then no more; null is always.</param>
    /// <param name="method">Of this method alone; null is any.</param>
    /// <param name="skip">After so many of them were served well.</param>
    public FaultScript On(string pathPart, Fault fault, int? times = null, string? method = null, int skip = 0)
    {
        rules.Enqueue(new Rule(pathPart, fault, method, skip, skip + (times ?? int.MaxValue - skip)));
        return this;
    }

    /// <summary>The registry behaves from now on.</summary>
    public void Clear() => rules.Clear();

    internal Fault? For(HttpRequest request) => rules.FirstOrDefault(rule => rule.Takes(request))?.Fault;

    private sealed class Rule(string pathPart, Fault fault, string? method, int from, int to)
    {
        private int met;

        public Fault Fault => fault;

        public bool Takes(HttpRequest request)
        {
            if (!request.Path.Value!.Contains(pathPart, StringComparison.Ordinal) || (method is not null && method != request.Method))
            {
                return false;
            }

            var turn = Interlocked.Increment(ref met) - 1;
            return turn >= from && turn < to;
        }
    }
}
