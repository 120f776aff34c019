using FluentValidation;

namespace Gateway.Access;

internal static class AccessText
{
    /// <summary>In characters, of names, subjects and groups.</summary>
    public const int MaxLength = 300;

    public static IRuleBuilderOptions<T, string> MustBeText<T>(this IRuleBuilder<T, string> rule) => rule
        .Must(text => text.Length is > 0 and <= MaxLength && !text.Any(char.IsControl)).WithMessage($"is empty, longer than {MaxLength} characters, or has control characters");
}
