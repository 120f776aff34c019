using FluentValidation;
using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>What of a lease to change.</summary>
internal sealed record LeasePatch
{
    /// <summary>How long it lasts from now on, `1m` to `720h`. Absent: it ends when it would have.</summary>
    public string? Term { get; init; }

    /// <summary>Labels to set; null removes one.</summary>
    public IReadOnlyDictionary<string, string?>? Labels { get; init; }
}

internal sealed class LeasePatchValidator : AbstractValidator<LeasePatch>
{
    public LeasePatchValidator()
    {
        RuleFor(patch => patch.Term).MustBeDuration(LeaseRules.LeastTerm, LeaseRules.LongestTerm);
        RuleFor(patch => patch.Labels).Custom((labels, context) => LeaseLabels.Check(labels?.ToArray() ?? [], context));
    }
}

/// <summary>updateLease: a new term from now, other labels.</summary>
internal static class UpdateLease
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string lease, LeasePatch patch, ContainerdClient containerd, LeaseLocks locks, TimeProvider time, CancellationToken cancel)
    {
        var (id, now) = (PathText.Decode(lease), time.GetUtcNow());
        var client = containerd.In(@namespace);
        using var turn = await locks.EnterAsync(@namespace, id, cancel);
        var current = await client.RequireFreeLeaseAsync(id, cancel);
        Resource.RequireMatch(http, LeaseView.From(current, now));

        var labels = current.Labels.ToDictionary(StringComparer.Ordinal);
        Apply(patch, labels, now);
        Validation.RequireRoom(OwnIn(current.Labels.Keys), OwnIn(labels.Keys));
        var isSame = labels.Count == current.Labels.Count && labels.All(label => current.Labels.TryGetValue(label.Key, out var value) && value == label.Value);
        var result = isSame ? current : await client.RelabelLeaseAsync(id, labels, now, cancel);
        return Resource.Ok(http, LeaseView.From(result, now));
    }

    private static int OwnIn(ICollection<string> labels) => labels.Count(key => !LabelNames.IsReserved(key));

    private static void Apply(LeasePatch patch, Dictionary<string, string> labels, DateTimeOffset now)
    {
        foreach (var (key, value) in patch.Labels ?? new Dictionary<string, string?>(StringComparer.Ordinal))
        {
            if (value is null)
            {
                labels.Remove(key);
            }
            else
            {
                labels[key] = value;
            }
        }

        if (patch.Term is not null)
        {
            labels[LabelNames.GcExpire] = LeaseExpiry.Format(now + Duration.Parse(patch.Term));
        }
    }
}
