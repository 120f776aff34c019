namespace Gateway.Jobs;

/// <summary>The handlers by kind. Two of one kind stop the start.</summary>
internal sealed class JobHandlers(IEnumerable<IJobHandler> handlers)
{
    private readonly Dictionary<string, IJobHandler> byKind = handlers.ToDictionary(handler => handler.Kind, StringComparer.Ordinal);

    public IJobHandler? Find(string kind) => byKind.GetValueOrDefault(kind);
}
