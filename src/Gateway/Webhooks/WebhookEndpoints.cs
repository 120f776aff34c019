using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.OpenApi;

namespace Gateway.Webhooks;

/// <summary>Routes of tag "Webhooks". A caller always reaches its own; what sends messages takes the permission to read the jobs they are about.</summary>
internal static class WebhookEndpoints
{
    public static void AddWebhooks(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<WebhookStore>().AddSingleton<WebhookAccess>().AddSingleton<WebhookClient>().AddHostedService<WebhookSender>();
        builder.Services.AddSingleton<IValidator<WebhookRequest>, WebhookRequestValidator>();
    }

    public static void MapWebhooks(this IEndpointRouteBuilder v1)
    {
        var webhooks = v1.MapGroup("/webhooks").WithTags("Webhooks");

        webhooks.MapPost("", CreateWebhook.Handle).Needs(Permission.JobsRead).Validates<WebhookRequest>().WithName("createWebhook")
            .WithSummary("Be told of jobs")
            .WithDescription("Sends a message, signed as the Standard Webhooks specification says, when a job ends: at least once, tried for a day. The answer is the only one that shows the secret.")
            .Produces<WebhookView>(StatusCodes.Status201Created).Fails(409, 413, 415)
            .Example("""{"url": "https://portal.example.com/hooks/gateway", "events": ["job.succeeded", "job.failed"], "namespace": "team-a"}""");
        webhooks.MapGet("", ListWebhooks.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("listWebhooks")
            .WithSummary("List webhooks").WithDescription("The caller's own webhooks by id; an admin's list has everyone's.").Produces<Page<WebhookView>>();
        webhooks.MapGet("/{webhook}", GetWebhook.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("getWebhook")
            .WithSummary("Get a webhook").WithDescription("One webhook, and whether it is paused.").Produces<WebhookView>().Produces(StatusCodes.Status304NotModified);
        webhooks.MapDelete("/{webhook}", DeleteWebhook.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("deleteWebhook")
            .WithSummary("Delete a webhook").WithDescription("Its messages go with it, also those that wait.").Produces(StatusCodes.Status204NoContent).Fails(412);
        webhooks.MapPost("/{webhook}/resume", ResumeWebhook.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("resumeWebhook")
            .WithSummary("Resume a paused webhook").WithDescription("What waits is sent when it is due. One that is not paused stays as it is.").Produces<WebhookView>();
        webhooks.MapGet("/{webhook}/deliveries", ListWebhookDeliveries.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("listWebhookDeliveries")
            .WithSummary("List a webhook's messages").WithDescription("Newest first, kept as long as jobs are.").Produces<Page<DeliveryView>>();
        webhooks.MapPost("/{webhook}/deliveries/{delivery}/redeliver", RedeliverWebhook.Handle).Needs(Permission.JobsRead, ownerMay: true).WithName("redeliverWebhook")
            .WithSummary("Send a message again").WithDescription("Under its own id, whatever became of it, and tried for a day again.")
            .Produces<DeliveryView>(StatusCodes.Status202Accepted);
    }
}
