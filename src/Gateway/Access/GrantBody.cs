using FluentValidation;
using Gateway.Auth;

namespace Gateway.Access;

/// <summary>Permissions in namespaces.</summary>
internal sealed record GrantBody
{
    /// <summary>Of those that operations name as `x-required-permission`; `admin` stands for all.</summary>
    public required IReadOnlyList<string> Permissions { get; init; }

    /// <summary>Names, beginnings of names and `*` (`team-a-*`), or `*` for all.</summary>
    public required IReadOnlyList<string> Namespaces { get; init; }

    /// <summary>Whether it holds for changes in `k8s.io` and `moby` too, which belong to Kubernetes and Docker.</summary>
    public bool? Protected { get; init; }

    public Grant ToGrant() => new(Permissions, Namespaces, Protected is true);

    public static GrantBody From(Grant grant) => new() { Permissions = grant.Permissions, Namespaces = grant.Namespaces, Protected = grant.Protected };
}

internal static class GrantBodyRules
{
    public static void MustBeGrant<T>(this IRuleBuilder<T, GrantBody?> rule) => rule.Custom((grant, context) =>
    {
        foreach (var fault in grant is null ? ["is null"] : GrantRules.Faults(grant.Permissions, grant.Namespaces))
        {
            context.AddFailure(fault);
        }
    });
}
