using FluentValidation;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images.Custom;

/// <summary>Bounds of a commit.</summary>
internal sealed class CommitRequestValidator : AbstractValidator<CommitRequest>
{
    private const int MaxKeyLength = 256;

    public CommitRequestValidator()
    {
        RuleFor(commit => commit.Reference).MustBeNewName();
        RuleFor(commit => commit.Container).Must(id => id is null || Validation.IsNamespaceName(id))
            .WithMessage("is not a container's id: letters, digits, and single '.', '_' or '-' between them, at most 76 characters");
        RuleFor(commit => commit.Container).Must((commit, id) => id is null || (commit.Snapshotter is null && commit.Snapshot is null && commit.Base is null))
            .WithMessage("cannot be combined with snapshotter, snapshot and base");
        RuleFor(commit => commit.Snapshotter).NotNull().When(commit => commit.Container is null).WithMessage(Needed);
        RuleFor(commit => commit.Snapshot).NotNull().When(commit => commit.Container is null).WithMessage(Needed);
        RuleFor(commit => commit.Base).NotNull().When(commit => commit.Container is null).WithMessage(Needed);
        RuleFor(commit => commit.Snapshotter).MustBeSnapshotter();
        RuleFor(commit => commit.Snapshot).Must(key => key is null or { Length: > 0 and <= MaxKeyLength } && key?.Any(char.IsControl) is not true)
            .WithMessage($"is empty, longer than {MaxKeyLength} characters, or holds control characters");
        RuleFor(commit => commit.Base).MustBeStoredName();
        RuleFor(commit => commit.Author).MustBeAuthor();
        RuleFor(commit => commit.Message).MustBeMessage();
        RuleFor(commit => commit.Timestamp).MustBeTimestamp();
        RuleFor(commit => commit.MediaType).Must(type => type is null or MediaTypes.OciLayer or MediaTypes.OciLayerGzip or MediaTypes.OciLayerZstd)
            .WithMessage($"is not {MediaTypes.OciLayer}, or that with +gzip or +zstd");
        RuleFor(commit => commit.Config!).SetValidator(new CustomConfigValidator()).When(commit => commit.Config is not null);
    }

    private static string Needed => "is needed where no container is named";
}
