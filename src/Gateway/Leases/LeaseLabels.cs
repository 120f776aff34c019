using FluentValidation;
using FluentValidation.Results;
using Gateway.Http;

namespace Gateway.Leases;

/// <summary>Labels of leases: besides those of containerd, which steer it, those by which the gateway knows its own are reserved.</summary>
internal static class LeaseLabels
{
    public static void Check<T>(IReadOnlyCollection<KeyValuePair<string, string?>> labels, ValidationContext<T> context)
    {
        var own = labels.Where(label => label.Key.StartsWith(LeaseRules.OwnLabelPrefix, StringComparison.Ordinal))
            .Select(label => (Message: $"label '{label.Key}' is reserved for the gateway", IsReserved: true));
        foreach (var (message, isReserved) in own.Concat(Validation.LabelErrors(labels)))
        {
            context.AddFailure(new ValidationFailure(context.PropertyPath, message) { ErrorCode = isReserved ? ProblemKinds.ReservedLabel.Code : "" });
        }
    }
}
