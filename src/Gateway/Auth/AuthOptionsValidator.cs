using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>Refuses a configuration that would be open, guessable or without effect.</summary>
internal sealed partial class AuthOptionsValidator : IValidateOptions<AuthOptions>
{
    /// <summary>What the names of other callers begin with.</summary>
    private static readonly string[] Taken = ["key", "cert"];

    private static readonly string[] Asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var faults = Faults(options).ToArray();
        return faults.Length is 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(AuthOptions options)
    {
        if (options.BootstrapKey is { Length: > 0 and < BootstrapKey.MinLength })
        {
            yield return $"Auth:BootstrapKey is shorter than {BootstrapKey.MinLength} characters";
        }

        foreach (var key in options.ApiKeys)
        {
            if (!KeyId().IsMatch(key.Id))
            {
                yield return "Auth:ApiKeys has an id that is not 1 to 32 of a-z and 0-9";
            }

            if (!Hash().IsMatch(key.Sha256))
            {
                yield return $"Auth:ApiKeys '{key.Id}' has no sha256 of 64 hex digits";
            }
        }

        foreach (var twice in options.ApiKeys.GroupBy(key => key.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            yield return $"Auth:ApiKeys names '{twice.Key}' more than once";
        }

        foreach (var fault in options.ApiKeys.SelectMany(key => GrantFaults(key.Grants)).Concat(options.Issuers.SelectMany(IssuerFaults)))
        {
            yield return fault;
        }

        foreach (var twice in options.Issuers.GroupBy(issuer => issuer.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            yield return $"Auth:Issuers names '{twice.Key}' more than once: each needs a Name of its own";
        }
    }

    private static IEnumerable<string> IssuerFaults(IssuerEntry issuer)
    {
        if (!IssuerName().IsMatch(issuer.Name) || Taken.Contains(issuer.Name, StringComparer.Ordinal))
        {
            yield return $"Auth:Issuers has the name '{issuer.Name}', which is not 1 to 32 of a-z, 0-9 and '-', or is {string.Join(" or ", Taken)}";
        }

        if (issuer.Audience.Length is 0)
        {
            yield return $"Auth:Issuers '{issuer.Name}' needs an Audience";
        }

        if (issuer.Authority is null && (issuer.Issuer is null || issuer.JwksFile is null))
        {
            yield return $"Auth:Issuers '{issuer.Name}' needs an Authority, or an Issuer and a JwksFile";
        }

        if (issuer.Authority is not null && !(Uri.TryCreate(issuer.Authority, UriKind.Absolute, out var authority) && (authority.Scheme is "https" || (authority.Scheme is "http" && authority.IsLoopback))))
        {
            yield return $"Auth:Issuers '{issuer.Name}' has an Authority that is neither https nor http on loopback";
        }

        foreach (var algorithm in issuer.Algorithms.Where(algorithm => !Asymmetric.Contains(algorithm, StringComparer.Ordinal)))
        {
            yield return $"Auth:Issuers '{issuer.Name}' takes the algorithm '{algorithm}'; there are only {string.Join(", ", Asymmetric)}";
        }

        foreach (var fault in GrantFaults(issuer.Grants))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> GrantFaults(IReadOnlyList<GrantEntry> grants) => grants.SelectMany(grant => GrantRules.Faults(grant.Permissions, grant.Namespaces))
        .Select(fault => $"a grant {fault}");

    [GeneratedRegex(@"\A[a-z0-9-]{1,32}\z", RegexOptions.CultureInvariant, 250)]
    private static partial Regex IssuerName();

    [GeneratedRegex(@"\A[a-z0-9]{1,32}\z", RegexOptions.CultureInvariant, 250)]
    private static partial Regex KeyId();

    [GeneratedRegex(@"\A[0-9a-fA-F]{64}\z", RegexOptions.CultureInvariant, 250)]
    private static partial Regex Hash();
}
