using FluentValidation;
using Gateway.Http;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Content;

/// <summary>What is to hold an upload. The bytes are the body.</summary>
internal sealed record UploadQuery
{
    /// <summary>Id of the lease that holds the content. Where none is named one is made, and told in the answer.</summary>
    [FromQuery(Name = "lease")]
    public string? Lease { get; init; }

    /// <summary>Term of a lease that is made, `1m` to `720h`. Default `1h`.</summary>
    [FromQuery(Name = "term")]
    public string? Term { get; init; }

    public TimeSpan TermOrDefault() => Term is null ? TimeSpan.FromHours(1) : Duration.Parse(Term);
}

internal sealed class UploadQueryValidator : AbstractValidator<UploadQuery>
{
    // A lease that is worked under goes into a header.
    public UploadQueryValidator()
    {
        RuleFor(query => query.Lease).Matches(@"\A[!-~]([ -~]{0,4094}[!-~])?\z").WithMessage("is not 1 to 4096 printable ASCII characters");
        RuleFor(query => query.Term).MustBeDuration(LeaseRules.LeastTerm, LeaseRules.LongestTerm);
        RuleFor(query => query.Term).Null().When(query => query.Lease is not null).WithMessage("is of a lease that is made, and one is named");
    }
}
