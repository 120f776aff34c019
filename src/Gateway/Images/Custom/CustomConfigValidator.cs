using FluentValidation;
using Gateway.Http;

namespace Gateway.Images.Custom;

/// <summary>Bounds of a config: what a runtime could not use is refused here, with the field's name.</summary>
internal sealed class CustomConfigValidator : AbstractValidator<CustomConfig>
{
    /// <summary>Entries of one list.</summary>
    private const int MaxEntries = 1024;

    /// <summary>Longest argument or variable, in characters; Linux takes 128 KiB.</summary>
    private const int MaxTextLength = 32 * 1024;

    private const int MaxUserLength = 256;

    public CustomConfigValidator()
    {
        MustBeShort(config => config.Entrypoint, "entrypoint");
        MustBeShort(config => config.Cmd, "cmd");
        MustBeShort(config => config.Env, "env");
        MustBeShort(config => config.ExposedPorts, "exposedPorts");
        MustBeShort(config => config.Volumes, "volumes");
        RuleForEach(config => config.Entrypoint).Must(IsText).WithMessage(TextMessage);
        RuleForEach(config => config.Cmd).Must(IsText).WithMessage(TextMessage);
        RuleForEach(config => config.Env).Must(text => IsText(text) && text.IndexOf('=') > 0)
            .WithMessage($"is not NAME=value of at most {MaxTextLength} characters without NUL");
        RuleForEach(config => config.ExposedPorts).Must(ConfigGrammar.IsPort).WithMessage("is not a port from 1 to 65535 with its protocol; an example is 80/tcp");
        RuleForEach(config => config.Volumes).Must(ConfigGrammar.IsAbsolutePath).WithMessage(PathMessage);
        RuleFor(config => config.WorkingDir).Must(path => path is null or "" || ConfigGrammar.IsAbsolutePath(path)).WithMessage(PathMessage);
        RuleFor(config => config.User).MaximumLength(MaxUserLength).Must(user => user is null or "" || ConfigGrammar.IsUser(user))
            .WithMessage($"is not user or user:group of at most {MaxUserLength} characters; ids are at most {int.MaxValue}");
        RuleFor(config => config.StopSignal).Must(signal => signal is null or "" || ConfigGrammar.IsSignal(signal))
            .WithMessage("is not a signal; examples are SIGTERM, SIGRTMIN+3 and 15");
        RuleFor(config => config.Labels).MustBeLabels();
    }

    private static string TextMessage => $"is longer than {MaxTextLength} characters or holds a NUL";

    private static string PathMessage => $"is not an absolute path of at most {ConfigGrammar.MaxPathLength} characters without '..'";

    private static bool IsText(string? text) => text is { Length: <= MaxTextLength } && !text.Contains('\0');

    private void MustBeShort(Func<CustomConfig, IReadOnlyList<string>?> list, string name) => RuleFor(config => config)
        .Must(config => list(config) is not { Count: > MaxEntries }).OverridePropertyName(name).WithMessage($"has more than {MaxEntries} entries");
}
