using System.Net.Http.Headers;

namespace Gateway.Oci.Registry;

/// <summary>Says what one host is shown: nothing until it asks, then what its challenge calls for. Bearer is preferred to Basic.</summary>
/// <param name="actions">What tokens must allow on the repository: <c>pull</c> or <c>pull,push</c>.</param>
internal sealed class Authorizer(
    RegistryHost host, ImageReference reference, string actions, RegistryCredentials? credentials, TokenCache tokens, TokenServer server, RegistryOptions options)
{
    private const int MaxScopes = 16;
    private const int MaxServiceLength = 256;

    // The host never sees credentials of another: those of the caller are for the registry the reference names.
    private readonly RegistryCredentials? own = host.IsOrigin ? credentials : null;
    private volatile Challenge? learnt;

    /// <summary>For a request that was not refused yet. A mount also pulls from <paramref name="mountFrom"/>.</summary>
    public async Task<AuthenticationHeaderValue?> CurrentAsync(string? mountFrom, CancellationToken cancel) =>
        own?.RegistryToken is { } token ? new("Bearer", token.Reveal()) : learnt is { } challenge ? await ForAsync(challenge, mountFrom, rejected: null, cancel) : null;

    /// <summary>After a 401: something else than what was refused, or nothing.</summary>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(
        IReadOnlyList<Challenge> challenges, string? mountFrom, AuthenticationHeaderValue? rejected, CancellationToken cancel)
    {
        var challenge = challenges.FirstOrDefault(one => one.Is("Bearer")) ?? challenges.FirstOrDefault(one => one.Is("Basic"));
        if (challenge is null || own?.RegistryToken is not null)
        {
            return null;
        }

        // A mount's challenge speaks of two repositories, the others' must not: some token servers refuse all where they refuse one.
        learnt = mountFrom is null ? challenge : learnt;
        var next = await ForAsync(challenge, mountFrom, rejected?.Parameter, cancel);
        return Equals(next, rejected) ? null : next;
    }

    private async Task<AuthenticationHeaderValue?> ForAsync(Challenge challenge, string? mountFrom, string? rejected, CancellationToken cancel)
    {
        if (challenge.Is("Basic"))
        {
            return TokenServer.BasicOf(own);
        }

        var wanted = RequestFor(challenge, mountFrom);
        var key = string.Join('\n', [host.Authority, wanted.Realm.AbsoluteUri, wanted.Service ?? "", .. wanted.Scopes]);
        var token = await tokens.GetAsync(key, rejected, () => server.FetchAsync(wanted, own, CancellationToken.None), cancel);
        return new("Bearer", token.Value);
    }

    private TokenRequest RequestFor(Challenge challenge, string? mountFrom)
    {
        var realm = RealmRule.Check(challenge["realm"], host, reference.Domain, options.TrustedRealms);
        var service = challenge["service"] is { Length: <= MaxServiceLength } said ? said : null;
        string[] needed = mountFrom is null ? [$"repository:{reference.Path}:{actions}"] : [$"repository:{reference.Path}:{actions}", $"repository:{mountFrom}:pull"];
        var scopes = (challenge["scope"] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(MaxScopes)
            .Where(scope => !needed.Any(own => own.StartsWith(scope + ",", StringComparison.Ordinal))) // "pull" where "pull,push" is asked for
            .Concat(needed).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new TokenRequest(realm, service, [.. scopes], RedirectRule.StaysAtHome(host.Root, realm) ? host.Tls : host.Tls.ForOtherHost());
    }
}
