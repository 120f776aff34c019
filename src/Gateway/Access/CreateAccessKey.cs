using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Access;

/// <summary>A key to make.</summary>
internal sealed record CreateAccessKeyBody
{
    /// <summary>What it is for, for people; at most 300 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do: 1 to 64 grants.</summary>
    public required IReadOnlyList<GrantBody> Grants { get; init; }

    /// <summary>When it ends; absent: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

internal sealed class CreateAccessKeyValidator : AbstractValidator<CreateAccessKeyBody>
{
    public CreateAccessKeyValidator(TimeProvider time)
    {
        RuleFor(body => body.Name).MustBeText();
        RuleFor(body => body.Grants).Must(grants => grants.Count is > 0 and <= GrantRules.MaxEntries).WithMessage($"needs 1 to {GrantRules.MaxEntries} grants");
        RuleForEach(body => body.Grants).MustBeGrant();
        RuleFor(body => body.ExpiresAt).Must(end => end is null || end > time.GetUtcNow()).WithMessage("has passed");
    }
}

/// <summary>createAccessKey.</summary>
internal static class CreateAccessKey
{
    public static IResult Handle(HttpContext http, CreateAccessKeyBody body, Caller caller, AccessStore store, JobId ids, TimeProvider time)
    {
        var id = ids.Next();
        var (secret, sha256) = ApiKeys.Make(id);
        var now = time.GetUtcNow();
        var key = new StoredKey(id, body.Name, [KeySecret.FromHex(sha256)], body.ExpiresAt, [.. body.Grants.Select(grant => grant.ToGrant())], caller.Subject, now, LastUsedAt: null);
        store.Change(state => state.With([key]));
        return Resource.Created(http, $"/v1/access/keys/{id}", KeyView.From(key, null, now, secret));
    }
}
