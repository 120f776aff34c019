using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>Refuses a configuration that would be open, guessable or without effect.</summary>
internal sealed partial class AuthOptionsValidator : IValidateOptions<AuthOptions>
{
    private static readonly HashSet<string> Permissions = typeof(Permission).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (string)field.GetRawConstantValue()!).ToHashSet(StringComparer.Ordinal);

    private static readonly string[] Asymmetric = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        var faults = Faults(options).ToArray();
        return faults.Length is 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(AuthOptions options)
    {
        if (options.BootstrapKey is { Length: < BootstrapKey.MinLength })
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

        foreach (var fault in options.ApiKeys.SelectMany(key => GrantFaults(key.Grants)).Concat(options.Jwt is null ? [] : JwtFaults(options.Jwt)))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> JwtFaults(JwtEntry jwt)
    {
        if (jwt.Audience.Length is 0)
        {
            yield return "Auth:Jwt needs an Audience";
        }

        if (jwt.Authority is null && (jwt.Issuer is null || jwt.JwksFile is null))
        {
            yield return "Auth:Jwt needs an Authority, or an Issuer and a JwksFile";
        }

        if (jwt.Authority is not null && !(Uri.TryCreate(jwt.Authority, UriKind.Absolute, out var authority) && (authority.Scheme is "https" || (authority.Scheme is "http" && authority.IsLoopback))))
        {
            yield return "Auth:Jwt:Authority must be https, or http on loopback";
        }

        foreach (var algorithm in jwt.Algorithms.Where(algorithm => !Asymmetric.Contains(algorithm, StringComparer.Ordinal)))
        {
            yield return $"Auth:Jwt:Algorithms names '{algorithm}'; only {string.Join(", ", Asymmetric)} are taken";
        }

        foreach (var fault in GrantFaults(jwt.Grants))
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> GrantFaults(IReadOnlyList<GrantEntry> grants) => grants
        .SelectMany(grant => grant.Permissions).Where(permission => !Permissions.Contains(permission))
        .Select(permission => $"a grant names the permission '{permission}', which there is not");

    [GeneratedRegex(@"\A[a-z0-9]{1,32}\z", RegexOptions.CultureInvariant, 250)]
    private static partial Regex KeyId();

    [GeneratedRegex(@"\A[0-9a-fA-F]{64}\z", RegexOptions.CultureInvariant, 250)]
    private static partial Regex Hash();
}
