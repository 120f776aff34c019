namespace Gateway.ContainerdTests.Survival;

/// <summary>Where work can be made to fail: each effect on containerd, a registry, the store and receivers of webhooks, before and after it.</summary>
internal static class Places
{
    /// <summary>
    /// The effects that the work of the campaign has with the gateway's own engine. One that is no longer reached fails the run, and so does one that nobody has put down here.
    /// </summary>
    private static IReadOnlySet<string> Effects { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "store ClaimAsync", "store EnqueueAsync", "store FinishAsync", "store KeepAsync",
        "Leases/Create", "Leases/AddResource", "Leases/Delete",
        "Content/Write open", "Content/Write write", "Content/Write commit", "Content/Update",
        "Snapshots/Prepare", "Snapshots/View", "Snapshots/Commit", "Snapshots/Remove", "Diff/Apply", "Diff/Diff",
        "Images/Create", "Images/Update", "Images/Delete",
        "registry HEAD manifests", "registry GET manifests", "registry HEAD blobs", "registry GET blobs", "registry GET token", "registry POST token",
        "registry POST uploads", "registry PATCH uploads", "registry PUT uploads", "registry PUT manifests",
    };

    /// <summary>Those of pulls and pushes that containerd's Transfer service does.</summary>
    private static readonly HashSet<string> OfTransfer = new(StringComparer.Ordinal)
    {
        "store ClaimAsync", "store EnqueueAsync", "store FinishAsync", "store KeepAsync",
        "Leases/Create", "Leases/AddResource", "Leases/Delete",
        "Content/Write open", "Content/Write write", "Content/Write commit", "Content/Update",
        "Transfer/Transfer", "Images/Create", "Images/Delete",
        "registry HEAD manifests", "registry GET manifests", "registry GET blobs", "registry GET token", "registry POST token",
    };

    private static readonly HashSet<string> Reads =
        ["Get", "List", "Info", "Stat", "Mounts", "Usage", "Version", "Server", "Plugins", "Status", "ListResources", "ListStatuses", "Check"];

    private static readonly HashSet<string> Aside =
        ["store progress", "store CheckHealthAsync", "store InBatchesAsync", "store DeleteFinishedAsync", "store DeliveredAsync", "store RequeueAbandonedAsync", "store AddAsync", "webhook POST",
            "audit write", "Content/Delete", "Content/Abort", "Namespaces/Delete"]; // the last three are those of the probe at the start

    /// <summary>
    /// Of a trace, each passing of an effect's place: the place, and the how many-eth time it was passed. Of one that is passed often, the short form takes the first and the last.
    /// </summary>
    public static IReadOnlyList<(string Place, int Nth)> In(IEnumerable<string> trace) =>
    [
        .. trace.Where(place => IsEffect(EffectOf(place))).GroupBy(place => place, StringComparer.Ordinal)
            .Select(group => (Place: group.Key, Passings: group.Key.StartsWith("store ClaimAsync", StringComparison.Ordinal) ? 1 : group.Count()))
            .SelectMany(each => Enumerable.Range(1, each.Passings).Where(nth => Campaign.IsLong || nth is 1 || nth == each.Passings).Select(nth => (each.Place, nth))),
    ];

    public static IReadOnlySet<string> EffectsOf(string version) => version is Versions.Transfer ? OfTransfer : Effects;

    /// <summary>Of a trace, what was passed behind a place's n-th passing, but for the queue's next look for work; an ingest that is given up counts too.</summary>
    public static IReadOnlyList<(string Place, int Nth)> Behind((string Place, int Nth) passing, IReadOnlyList<string> trace) =>
    [
        .. trace.Select((place, at) => (Place: place, Nth: trace.Take(at + 1).Count(place.Equals))).SkipWhile(each => each != passing).Skip(1)
            .Where(each => EffectOf(each.Place) is not "store ClaimAsync" and var effect && (IsEffect(effect) || effect is "Content/Abort")),
    ];

    /// <summary>A script that does something at the n-th passing.</summary>
    public static string At((string Place, int Nth) passing, string action) =>
        passing.Nth is 1 ? $"{passing.Place}=1*{action}" : $"{passing.Place}={passing.Nth - 1}*off->1*{action}";

    /// <summary>Reads have no effect, and of the store's transactions those of the clean-up each minute have no place in any work. The
    /// audit is written beside all work, and has tests of its own.</summary>
    public static bool IsEffect(string effect) => !Reads.Contains(effect[(effect.IndexOf('/') + 1)..]) && !Aside.Contains(effect);

    public static string EffectOf(string place) => place[..place.LastIndexOf(':')];
}
