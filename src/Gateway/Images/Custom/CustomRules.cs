using System.Globalization;
using System.Text.RegularExpressions;
using FluentValidation;
using Gateway.Oci;

namespace Gateway.Images.Custom;

/// <summary>Rules that commit and compose share.</summary>
internal static partial class CustomRules
{
    private const int MaxAuthorLength = 256;
    private const int MaxMessageLength = 4096;

    /// <summary>Longest name of an image, in characters: what other clients stored under odd names can be built upon.</summary>
    private const int MaxNameLength = 4096;

    private static readonly DateTimeOffset Earliest = DateTimeOffset.UnixEpoch;

    public static void MustBeNewName<T>(this IRuleBuilderInitial<T, string> rule) => rule.Cascade(CascadeMode.Stop)
        .NotEmpty().MaximumLength(ImageReference.MaxLength)
        .Must(ImageReference.IsValid).WithMessage("is not an image reference; an example is docker.io/acme/app:1")
        .Must(reference => ImageReference.Parse(reference).Digest is null).WithMessage("holds a digest, which is no name to give");

    public static void MustBeStoredName<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(name => name is null or { Length: > 0 and <= MaxNameLength }).WithMessage($"is empty or longer than {MaxNameLength} characters");

    public static void MustBeAuthor<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => text is null || (text.Length <= MaxAuthorLength && !text.Any(char.IsControl)))
        .WithMessage($"is longer than {MaxAuthorLength} characters or holds control characters");

    public static void MustBeMessage<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => text is null || (text.Length <= MaxMessageLength && !text.Contains('\0')))
        .WithMessage($"is longer than {MaxMessageLength} characters or holds a NUL");

    public static void MustBeTimestamp<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(text => text is null || TimeOf(text) is not null).WithMessage("is not an RFC 3339 time from 1970 to 9999; an example is 2026-01-31T12:00:00Z");

    /// <summary>The time in UTC; null where the text is none.</summary>
    public static DateTimeOffset? TimeOf(string text) =>
        Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time) && time >= Earliest
            ? time
            : null;

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2})\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Rfc3339();
}
