using FluentValidation;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images.Pull;

/// <summary>Bounds of a pull request. Looks at the request only: what needs containerd or the registry is the handler's and the job's.</summary>
internal sealed class PullRequestValidator : AbstractValidator<PullRequest>
{
    private const int MaxPlatforms = 32;

    public PullRequestValidator()
    {
        RuleFor(pull => pull.Reference).Cascade(CascadeMode.Stop)
            .NotEmpty().MaximumLength(ImageReference.MaxLength)
            .Must(ImageReference.IsValid).WithMessage("is not an image reference; an example is docker.io/library/alpine:3.20");
        RuleFor(pull => pull.Platforms!.Count).LessThanOrEqualTo(MaxPlatforms).OverridePropertyName("platforms")
            .When(pull => pull.Platforms is not null).WithMessage($"names more than {MaxPlatforms} platforms");
        RuleForEach(pull => pull.Platforms)
            .Must(text => Platform.TryParse(text, out _)).WithMessage("is not os/arch[/variant]; an example is linux/amd64");
        RuleFor(pull => pull.AllPlatforms).Equal(false)
            .When(pull => pull.Platforms is { Count: > 0 }).WithMessage("cannot be combined with platforms");
        RuleFor(pull => pull.Snapshotter).MustBeSnapshotter();
        RuleFor(pull => pull.Timeout).MustBeDuration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(24));
        RuleFor(pull => pull.Labels).MustBeLabels();
        RuleFor(pull => pull.Auth!).SetValidator(new RegistryAuthValidator()).When(pull => pull.Auth is not null);
    }
}

/// <summary>Exactly one form of credentials, each bounded. No message repeats a value.</summary>
internal sealed class RegistryAuthValidator : AbstractValidator<RegistryAuth>
{
    private const int MaxSecretLength = 16 * 1024;
    private const int MaxUsernameLength = 256;

    public RegistryAuthValidator()
    {
        RuleFor(auth => auth.Username).MaximumLength(MaxUsernameLength).WithMessage($"is longer than {MaxUsernameLength} characters");
        RuleFor(auth => auth.Username).Must(name => name?.Contains(':') is not true).WithMessage("may not hold a colon");
        RuleFor(auth => auth.Password).Must(IsBounded).WithMessage($"is longer than {MaxSecretLength} characters");
        RuleFor(auth => auth.IdentityToken).Must(IsBounded).WithMessage($"is longer than {MaxSecretLength} characters");
        RuleFor(auth => auth.RegistryToken).Must(IsBounded).WithMessage($"is longer than {MaxSecretLength} characters");
        RuleFor(auth => auth).Must(HasOneForm).OverridePropertyName("")
            .WithMessage("takes username and password, or identityToken, or registryToken");
    }

    private static bool IsBounded(Secret? secret) => secret is null or { Length: <= MaxSecretLength };

    private static bool HasOneForm(RegistryAuth auth)
    {
        var basic = !string.IsNullOrEmpty(auth.Username) && auth.Password is not null;
        var half = basic != (auth.Username is not null || auth.Password is not null);
        var forms = (basic ? 1 : 0) + (auth.IdentityToken is { Length: > 0 } ? 1 : 0) + (auth.RegistryToken is { Length: > 0 } ? 1 : 0);
        return !half && forms is 1;
    }
}
