using Gateway.ContainerdTests.BadInput;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>What is asked of every answer, whatever was asked.</summary>
internal sealed class FuzzRules(ApiDocument document, IReadOnlyList<string> secrets)
{
    // What a registry does to a resolve is the registry's doing, and a registry is only asked by that.
    private static readonly string[] OfRegistries =
        ["registry_unauthorized", "registry_forbidden", "registry_unavailable", "registry_timeout", "registry_refused", "egress_denied", "manifest_invalid", "manifest_too_large", "digest_mismatch"];

    // Of a daemon that cannot do what was asked.
    private static readonly string[] OfDaemons = ["not_supported_by_containerd", "snapshot_not_readable"];

    // Requests that the server itself cannot read get no problem.
    private static readonly int[] WithoutProblem = [400, 414, 431];

    /// <summary>What is wrong with the answer; null where nothing is.</summary>
    public string? Fault(FuzzRequest request, WireAnswer answer)
    {
        if (answer.Status >= 500 && !IsExcused(request, answer))
        {
            return $"{answer.Status} {answer.Code}";
        }

        var isBare = answer.Body.Length is 0;
        if (answer.Status >= 400 && !(isBare && (request.Operation.Method is "HEAD" || WithoutProblem.Contains(answer.Status))))
        {
            if (!answer.IsProblem || answer.Code is not { } code || !document.Codes.Contains(code) || (int?)answer.Json["status"] != answer.Status)
            {
                return $"{answer.Status} without a problem that the document knows";
            }

            if (secrets.FirstOrDefault(secret => answer.Text.Contains(secret, StringComparison.Ordinal)) is { } secret)
            {
                return $"the problem tells '{secret}'";
            }
        }

        return request.IsStraight && !isBare && !request.Operation.Statuses.Contains(answer.Status) ? $"{answer.Status} {answer.Code} is not documented of {request.Operation.Id}" : null;
    }

    private static bool IsExcused(FuzzRequest request, WireAnswer answer) =>
        (answer.Status is 501 && OfDaemons.Contains(answer.Code)) || (request.Operation.Id is "resolveImage" && OfRegistries.Contains(answer.Code));
}
