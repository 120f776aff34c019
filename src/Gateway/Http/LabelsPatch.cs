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
}
