using FluentValidation;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Images.Export;

/// <summary>Which images to export.</summary>
internal sealed record ExportRequest
{
    /// <summary>Name of an image; repeatable, up to 100.</summary>
    [FromQuery(Name = "reference")]
    public required string[] Reference { get; init; }

    /// <summary>Platforms to take, `os/arch[/variant]`; repeatable. Where none is named, those that are here.</summary>
    [FromQuery(Name = "platform")]
    public string[]? Platform { get; init; }
}

/// <summary>Bounds of the parameters.</summary>
internal sealed class ExportRequestValidator : AbstractValidator<ExportRequest>
{
    private const int MaxImages = 100;

    public ExportRequestValidator()
    {
        RuleFor(export => export.Reference).Must(references => references is { Length: > 0 and <= MaxImages })
            .WithMessage($"is missing, or is given more than {MaxImages} times");
        RuleFor(export => export.Platform).MustBePlatforms();
    }
}
