using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Webhooks;

/// <summary>A receiver to make.</summary>
internal sealed record WebhookRequest
{
    /// <summary>Where messages are sent: https, or http on this machine's loopback; at most 2048 characters.</summary>
    public required string Url { get; init; }

    /// <summary>What it is told of: `job.succeeded`, `job.failed`, `job.canceled`.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>Whose jobs. Absent: those of every namespace, for callers who may read them all.</summary>
    public string? Namespace { get; init; }

    /// <summary>`whsec_` and the base64 of 24 to 64 bytes; one is made up where it is absent.</summary>
    public Secret? Secret { get; init; }
}

internal sealed class WebhookRequestValidator : AbstractValidator<WebhookRequest>
{
    private static readonly string[] Known = [.. new[] { JobState.Succeeded, JobState.Failed, JobState.Canceled }.Select(JobOutbox.EventOf)];

    public WebhookRequestValidator()
    {
        RuleFor(webhook => webhook.Url).MaximumLength(WebhookTarget.MaxLength).Must(WebhookTarget.IsWellFormed)
            .WithMessage("is not an https URL (or http on loopback) without credentials and fragment");
        RuleFor(webhook => webhook.Events).Must(events => events is { Count: > 0 } && events.Count <= Known.Length && events.All(Known.Contains) && events.Distinct(StringComparer.Ordinal).Count() == events.Count)
            .WithMessage($"must name one or more of {string.Join(", ", Known)}, each once");
        RuleFor(webhook => webhook.Namespace!).MustBeNamespaceName().When(webhook => webhook.Namespace is not null);
        RuleFor(webhook => webhook.Secret).Must(secret => secret is null || WebhookSignature.KeyOf(secret) is not null)
            .WithMessage($"is not {WebhookSignature.SecretPrefix} and the base64 of {WebhookSignature.LeastKeyBytes} to {WebhookSignature.MostKeyBytes} bytes");
    }
}

/// <summary>createWebhook.</summary>
internal static class CreateWebhook
{
    public static async Task<IResult> Handle(
        HttpContext http, WebhookRequest request, Caller caller, WebhookStore store, JobSecrets secrets, JobId ids, RegistryOptions options, TimeProvider time,
        CancellationToken cancel)
    {
        WebhookAccess.RequireMayHear(caller, request.Namespace);
        await WebhookTarget.RequireAllowedAsync(request.Url, options, cancel);
        var id = ids.Next();
        var secret = request.Secret ?? WebhookSignature.NewSecret();
        var webhook = new Webhook(
            id, caller.Subject, request.Namespace, request.Url, request.Events,
            secrets.Seal(id, request.Namespace ?? "", secret), time.GetUtcNow(), PausedAt: null, PauseReason: null);
        await store.AddAsync(webhook, cancel);
        return Resource.Created(http, $"/v1/webhooks/{id}", WebhookView.From(webhook, secret.Reveal()));
    }
}
