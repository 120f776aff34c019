using FluentValidation;
using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Access;

/// <summary>How a key's secret is replaced.</summary>
internal sealed record RotateAccessKeyBody
{
    /// <summary>How long the secret before is still taken, at most 30 days; absent: not at all.</summary>
    public string? Overlap { get; init; }
}

internal sealed class RotateAccessKeyValidator : AbstractValidator<RotateAccessKeyBody>
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    public RotateAccessKeyValidator() => RuleFor(body => body.Overlap).MustBeDuration(TimeSpan.Zero, Longest);
}

/// <summary>rotateAccessKey.</summary>
internal static class RotateAccessKey
{
    public static IResult Handle(HttpContext http, string key, RotateAccessKeyBody body, AccessStore store, KeyRing keys, KeyUse use, TimeProvider time)
    {
        var (secret, sha256) = ApiKeys.Make(key);
        var now = time.GetUtcNow();
        var overlap = body.Overlap is null ? TimeSpan.Zero : Duration.Parse(body.Overlap);
        var changed = store.Change(state =>
        {
            var stored = keys.FindStored(state, key);
            return state.With([stored with { Secrets = [KeySecret.FromHex(sha256), stored.Secrets[0] with { EndsAt = now + overlap }] }]);
        });
        var rotated = changed.Keys[key];
        return Resource.Fresh(http, KeyView.From(rotated, use.Of(rotated), now, secret));
    }
}
