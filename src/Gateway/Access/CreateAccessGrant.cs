using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Access;

/// <summary>A grant to make: to a subject or to a group.</summary>
internal sealed record CreateAccessGrantBody
{
    /// <summary>As `GET /v1/access/me` tells it: `key:` and an id, or an issuer's name, `:` and the token's subject.</summary>
    public string? Subject { get; init; }

    /// <summary>An issuer's name, `:`, and what its tokens call the group.</summary>
    public string? Group { get; init; }

    /// <summary>Of those that operations name as `x-required-permission`; `admin` stands for all.</summary>
    public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>Names, beginnings of names and `*` (`team-a-*`), or `*` for all.</summary>
    public required IReadOnlyList<string> Namespaces { get; init; }

    /// <summary>Whether it holds for changes in `k8s.io` and `moby` too, which belong to Kubernetes and Docker.</summary>
    public bool? Protected { get; init; }
}

internal sealed class CreateAccessGrantValidator : AbstractValidator<CreateAccessGrantBody>
{
    public CreateAccessGrantValidator()
    {
        RuleFor(body => body.Subject).Must((body, subject) => subject is null != body.Group is null).WithMessage("or group must be there, and not both");
        RuleFor(body => body.Subject!).MustBeText().When(body => body.Subject is not null);
        RuleFor(body => body.Group!).MustBeText().When(body => body.Group is not null);
        RuleFor(body => body.Permissions).Custom((permissions, context) =>
        {
            foreach (var fault in GrantRules.Faults(permissions, context.InstanceToValidate.Namespaces))
            {
                context.AddFailure("grant", fault);
            }
        });
    }
}

/// <summary>createAccessGrant.</summary>
internal static class CreateAccessGrant
{
    public static IResult Handle(HttpContext http, CreateAccessGrantBody body, Caller caller, AccessStore store, JobId ids, TimeProvider time)
    {
        var id = ids.Next();
        var grant = new StoredGrant(id, body.Subject, body.Group, new Grant(body.Permissions, body.Namespaces, body.Protected is true), caller.Subject, time.GetUtcNow());
        store.Change(state => state.With(grant));
        return Resource.Created(http, $"/v1/access/grants/{id}", GrantView.From(grant));
    }
}
