using FluentValidation;
using Gateway.Containerd;
using Gateway.Containerd.Services.Leases;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Leases;

/// <summary>A lease to make.</summary>
internal sealed record LeaseRequest
{
    /// <summary>1 to 128 letters, digits, `.`, `_` and `-`, not beginning `gw-`; one is made up where it is absent.</summary>
    public string? Id { get; init; }

    /// <summary>How long it lasts, `1m` to `720h`. Default `24h`.</summary>
    public string? Term { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

internal sealed class LeaseRequestValidator : AbstractValidator<LeaseRequest>
{
    public LeaseRequestValidator()
    {
        RuleFor(lease => lease.Id).Matches(@"\A[A-Za-z0-9._-]{1,128}\z").WithMessage("is not 1 to 128 letters, digits, '.', '_' and '-'");
        RuleFor(lease => lease.Id).Must(id => id is not ("." or "..")).WithMessage("is a dot segment, which no path can name");
        RuleFor(lease => lease.Id).Must(id => id?.StartsWith(LeaseRules.OwnIdPrefix, StringComparison.Ordinal) is not true)
            .WithMessage($"begins '{LeaseRules.OwnIdPrefix}', which is reserved for the gateway");
        RuleFor(lease => lease.Term).MustBeDuration(LeaseRules.LeastTerm, LeaseRules.LongestTerm);
        RuleFor(lease => lease.Labels).MustHaveValues().Custom((labels, context) =>
            LeaseLabels.Check(labels?.Select(label => KeyValuePair.Create(label.Key, (string?)label.Value)).ToArray() ?? [], context));
    }
}

/// <summary>createLease.</summary>
internal static class CreateLease
{
    private static readonly TimeSpan DefaultTerm = TimeSpan.FromHours(24);

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, LeaseRequest request, ContainerdClient containerd, TimeProvider time, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var term = request.Term is null ? DefaultTerm : Duration.Parse(request.Term);
        var create = new CreateRequest { Id = request.Id ?? $"lease-{Guid.NewGuid():N}" };
        create.Labels.Add((request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal));
        create.Labels[LabelNames.GcExpire] = LeaseExpiry.Format(now + term);
        try
        {
            var made = (await containerd.In(@namespace).Leases.CreateAsync(create, cancellationToken: cancel)).Lease;
            return Http.Resource.Created(http, $"/v1/namespaces/{@namespace}/leases/{create.Id}", LeaseView.From(made, now));
        }
        catch (RpcException exists) when (exists.StatusCode is StatusCode.AlreadyExists)
        {
            throw new ProblemException(ProblemKinds.Conflict, $"lease '{create.Id}' exists already", exists);
        }
    }
}
