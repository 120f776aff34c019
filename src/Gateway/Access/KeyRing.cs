using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>The keys of the store beside those of the configuration.</summary>
internal sealed class KeyRing(AccessStore store, CurrentAuth auth, KeyUse use, TimeProvider time)
{
    /// <summary>All of them as they are at one moment, by id.</summary>
    public IReadOnlyList<KeyView> All()
    {
        var (configured, now) = (auth.Keys, time.GetUtcNow());
        return
        [
            .. configured.Select(key => KeyView.From(key.Key, key.Value))
                .Concat(store.State.Keys.Values.Where(key => !configured.ContainsKey(key.Id)).Select(key => KeyView.From(key, use.Of(key), now)))
                .OrderBy(view => view.Id, StringComparer.Ordinal),
        ];
    }

    public KeyView Find(string id) => auth.Keys.TryGetValue(id, out var configured) ? KeyView.From(id, configured)
        : store.State.Keys.TryGetValue(id, out var key) ? KeyView.From(key, use.Of(key), time.GetUtcNow())
        : throw NotFound();

    /// <summary>A key that can be changed here.</summary>
    public StoredKey FindStored(AccessState state, string id) =>
        auth.Keys.ContainsKey(id) ? throw new ProblemException(ProblemKinds.Conflict, "the key stands in the configuration, and is changed there")
        : state.Keys.TryGetValue(id, out var key) ? key
        : throw NotFound();

    private static ProblemException NotFound() => new(ProblemKinds.NotFound, "there is no such key");
}
