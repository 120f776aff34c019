using Gateway.Containerd;

namespace Gateway.Http;

/// <summary>A JSON Merge Patch (RFC 7396) of labels: <c>{"labels": {"keep": "value", "drop": null}}</c>.</summary>
internal sealed record LabelsPatch
{
    /// <summary>Labels to set; null removes one.</summary>
    public required IReadOnlyDictionary<string, string?> Labels { get; init; }

    /// <summary>The changes, checked.</summary>
    public IReadOnlyDictionary<string, string?> Changes()
    {
        foreach (var (message, isReserved) in Validation.LabelErrors(Labels))
        {
            throw isReserved ? new ProblemException(ProblemKinds.ReservedLabel, message) : ProblemException.InvalidField("labels", message);
        }

        return Labels;
    }

    /// <summary>Throws where a resource would be left with more labels of callers than the bound. One that others gave more may still lose some.</summary>
    /// <param name="current">The keys it has; those of containerd do not count, which has a label for each child of an index.</param>
    public void RequireRoom(IEnumerable<string> current)
    {
        var own = current.Where(key => !LabelNames.IsReserved(key)).ToHashSet(StringComparer.Ordinal);
        // An empty value removes the label in the daemon.
        var after = own.Except(Labels.Keys, StringComparer.Ordinal).Count() + Labels.Values.Count(value => !string.IsNullOrEmpty(value));
        Validation.RequireRoom(own.Count, after);
    }
}
