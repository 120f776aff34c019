using FluentValidation;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Oci;

namespace Gateway.Images.Push;

/// <summary>Bounds of a push request. Looks at the request only: what needs containerd or the registry is the handler's and the job's.</summary>
internal sealed class PushRequestValidator : AbstractValidator<PushRequest>
{
    private const int MaxPlatforms = 32;

    // Longer than any reference: stored names may be odd.
    private const int MaxNameLength = 4096;

    public PushRequestValidator()
    {
        RuleFor(push => push.Reference).NotEmpty().MaximumLength(MaxNameLength);
        RuleFor(push => push.Target).Must(text => text is null || ImageReference.IsValid(text))
            .WithMessage("is not an image reference; an example is registry.example.com/team/app:1.0");
        RuleFor(push => push.Platforms!.Count).LessThanOrEqualTo(MaxPlatforms).OverridePropertyName("platforms")
            .When(push => push.Platforms is not null).WithMessage($"names more than {MaxPlatforms} platforms");
        RuleForEach(push => push.Platforms)
            .Must(text => Platform.TryParse(text, out _)).WithMessage("is not os/arch[/variant]; an example is linux/amd64");
        RuleFor(push => push.Timeout).MustBeDuration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(24));
        RuleFor(push => push.Auth!).SetValidator(new RegistryAuthValidator()).When(push => push.Auth is not null);
    }
}
