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
    public static IResult Handle(string key, RotateAccessKeyBody body, AccessStore store, CurrentAuth auth, KeyUse use, TimeProvider time)
    {
        var (secret, sha256) = ApiKeys.Make(key);
        var now = time.GetUtcNow();
        var overlap = Duration.TryParse(body.Overlap ?? "0s", out var given) ? given : TimeSpan.Zero;
        store.Change(state =>
        {
            var stored = state.FindStored(key, auth);
            return state.With(stored with { Secrets = [new KeySecret(sha256, null), stored.Secrets[0] with { EndsAt = now + overlap }] });
        });
        var rotated = store.State.FindStored(key, auth);
        return TypedResults.Json(KeyView.From(rotated, use.Of(rotated), now, secret), GatewayJson.Options);
    }
}
