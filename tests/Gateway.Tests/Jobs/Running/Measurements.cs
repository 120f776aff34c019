using System.Diagnostics.Metrics;
using Gateway.Jobs;

namespace Gateway.Tests.Jobs.Running;

/// <summary>What the jobs' metrics of one host say, under their names without <c>gateway.jobs.</c></summary>
internal sealed class Measurements : IDisposable
{
    private readonly List<(string Name, double Value, string? State)> seen = [];
    private readonly MeterListener listener = new();

    public Measurements(IMeterFactory meters)
    {
        listener.InstrumentPublished = (instrument, publisher) =>
        {
            if (instrument.Meter.Name == JobTelemetry.Name && instrument.Meter.Scope == meters)
            {
                publisher.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
    }

    public int Count(string name) => Of(name).Count;

    public double Sum(string name, string? state = null)
    {
        listener.RecordObservableInstruments();
        var values = Of(name).Where(one => state is null || one.State == state).Select(one => one.Value).ToList();
        return name == "queued" ? values[^1] : values.Sum();
    }

    public void Dispose() => listener.Dispose();

    private List<(string Name, double Value, string? State)> Of(string name)
    {
        lock (seen)
        {
            return seen.Where(one => one.Name == $"gateway.jobs.{name}").ToList();
        }
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string? state = null;
        foreach (var tag in tags)
        {
            state = tag.Key == "gateway.job.state" ? tag.Value as string : state;
        }

        lock (seen)
        {
            seen.Add((instrument.Name, value, state));
        }
    }
}
