using System.Text.RegularExpressions;
using FluentValidation;
using Gateway.Containerd;

namespace Gateway.Http;

/// <summary>Validation of bodies, and rules that several requests share.</summary>
internal static partial class Validation
{
    /// <summary>Labels of one resource.</summary>
    public const int MaxLabels = 64;

    /// <summary>Longest label, key and value together, in bytes: containerd's own bound.</summary>
    public const int MaxLabelBytes = LabelNames.MaxLabelBytes;

    /// <summary>Runs the registered validator on the body before the handler sees it.</summary>
    public static RouteHandlerBuilder Validates<TRequest>(this RouteHandlerBuilder endpoint) =>
        endpoint.AddEndpointFilter(async (context, next) =>
        {
            var request = context.Arguments.OfType<TRequest>().First();
            var result = context.HttpContext.RequestServices.GetRequiredService<IValidator<TRequest>>().Validate(request);
            if (result.Errors.FirstOrDefault(error => error.ErrorCode == ProblemKinds.ReservedLabel.Code) is { } reserved)
            {
                throw new ProblemException(ProblemKinds.ReservedLabel, reserved.ErrorMessage);
            }

            if (!result.IsValid)
            {
                throw Invalid(result.Errors.Select(error => (CamelPath(error.PropertyName), error.ErrorMessage)));
            }

            return await next(context);
        });

    public static IRuleBuilderOptions<T, string?> MustBeDuration<T>(this IRuleBuilder<T, string?> rule, TimeSpan least, TimeSpan most) => rule
        .Must(text => text is null || (Duration.TryParse(text, out var duration) && duration >= least && duration <= most))
        .WithMessage($"is not a duration between {Duration.Format(least)} and {Duration.Format(most)}; an example is 90s");

    public static IRuleBuilderOptions<T, string> MustBeNamespaceName<T>(this IRuleBuilder<T, string> rule) => rule
        .Must(IsNamespaceName).WithMessage("is not a namespace's name: letters, digits, and single '.', '_' or '-' between them, at most 76 characters");

    /// <summary>JSON's null gets past the type of a dictionary's values; only a patch has a use for it.</summary>
    public static IRuleBuilderOptions<T, IReadOnlyDictionary<string, string>?> MustHaveValues<T>(this IRuleBuilder<T, IReadOnlyDictionary<string, string>?> rule) => rule
        .Must(labels => labels?.Values.Any(value => value is null) is not true).WithMessage("has a value that is null");

    public static void MustBeLabels<T>(this IRuleBuilder<T, IReadOnlyDictionary<string, string>?> rule) => rule.MustHaveValues().Custom((labels, context) =>
    {
        foreach (var (error, isReserved) in LabelErrors(labels?.Select(label => KeyValuePair.Create(label.Key, (string?)label.Value)) ?? []))
        {
            context.AddFailure(new FluentValidation.Results.ValidationFailure(context.PropertyPath, error) { ErrorCode = isReserved ? ProblemKinds.ReservedLabel.Code : "" });
        }
    });

    /// <summary>containerd's identifier rule.</summary>
    public static bool IsNamespaceName(string? name) => name is { Length: >= 1 and <= 76 } && Identifier().IsMatch(name);

    public static IEnumerable<(string Message, bool IsReserved)> LabelErrors(IEnumerable<KeyValuePair<string, string?>> labels)
    {
        var count = 0;
        foreach (var (key, value) in labels)
        {
            if (LabelNames.IsReserved(key))
            {
                yield return ($"label '{key}' is reserved for containerd", true);
            }
            else if (key.Length is 0 || key.Any(char.IsControl) || value?.Contains('\0') is true)
            {
                yield return ("a label's key is empty or holds control characters", false);
            }
            else if (System.Text.Encoding.UTF8.GetByteCount(key) + System.Text.Encoding.UTF8.GetByteCount(value ?? "") > MaxLabelBytes)
            {
                yield return ($"a label is longer than {MaxLabelBytes} bytes", false);
            }

            if (++count > MaxLabels)
            {
                yield return ($"there are more than {MaxLabels} labels", false);
                yield break;
            }
        }
    }

    /// <summary>The bound of a resource's labels over all its changes, by how many of callers it has and would have.</summary>
    public static void RequireRoom(int before, int after)
    {
        if (after > MaxLabels && after > before)
        {
            throw ProblemException.InvalidField("labels", $"would be {after}; a resource has at most {MaxLabels}");
        }
    }

    public static ProblemException Invalid(IEnumerable<(string Field, string Message)> errors)
    {
        var byField = errors.GroupBy(error => error.Field, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Select(error => error.Message).Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
        return new ProblemException(ProblemKinds.InvalidRequest, string.Join("; ", byField.Select(pair => $"{pair.Key} {pair.Value[0]}"))) { Errors = byField };
    }

    private static string CamelPath(string path) => string.Join('.', path.Split('.').Select(part => part.Length is 0 ? part : char.ToLowerInvariant(part[0]) + part[1..]));

    [GeneratedRegex(@"\A[A-Za-z0-9]+([._-][A-Za-z0-9]+)*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Identifier();
}
