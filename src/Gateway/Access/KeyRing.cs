using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>The keys of the store beside those of the configuration.</summary>
internal static class KeyRing
{
    public static KeyView View(string id, AccessStore store, CurrentAuth auth, KeyUse use, TimeProvider time) =>
        auth.Options.ApiKeys.FirstOrDefault(key => key.Id == id) is { } configured ? KeyView.From(configured)
        : store.State.Keys.TryGetValue(id, out var key) ? KeyView.From(key, use.Of(key), time.GetUtcNow())
        : throw NotFound();

    /// <summary>A key that can be changed here.</summary>
    public static StoredKey FindStored(this AccessState state, string id, CurrentAuth auth) =>
        auth.Options.ApiKeys.Any(key => key.Id == id) ? throw new ProblemException(ProblemKinds.Conflict, "the key stands in the configuration, and is changed there")
        : state.Keys.TryGetValue(id, out var key) ? key
        : throw NotFound();

    private static ProblemException NotFound() => new(ProblemKinds.NotFound, "there is no such key");
}
