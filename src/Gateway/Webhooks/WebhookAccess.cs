using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Webhooks;

/// <summary>Whose webhook it is: its creator's, and an admin's. To others it does not exist.</summary>
internal sealed class WebhookAccess(WebhookStore store)
{
    public Webhook Find(string id, Caller caller) =>
        JobId.IsValid(id) && store.Find(id) is { } webhook && (IsAdmin(caller) || string.Equals(webhook.Subject, caller.Subject, StringComparison.Ordinal))
            ? webhook
            : throw NotFound();

    /// <summary>The same for what has messages sent.</summary>
    public Webhook FindToSend(string id, Caller caller)
    {
        var webhook = Find(id, caller);
        RequireMayHear(caller, webhook.Namespace);
        return webhook;
    }

    public IReadOnlyList<Webhook> List(Caller caller) => store.List(IsAdmin(caller) ? null : caller.Subject);

    /// <summary>A message tells what the jobs of a namespace do, so it takes the permission to read them, in each namespace it may be about.</summary>
    public static void RequireMayHear(Caller caller, string? containerdNamespace)
    {
        if (!MayHear(caller, containerdNamespace))
        {
            throw new ProblemException(ProblemKinds.Forbidden, containerdNamespace is null
                ? $"{Permission.JobsRead} is not granted in every namespace: name one"
                : $"{Permission.JobsRead} is not granted in this namespace");
        }
    }

    public static bool MayHear(Caller caller, string? containerdNamespace) => caller.May(Permission.JobsRead, containerdNamespace ?? Grant.Everywhere);

    public static ProblemException NotFound() => new(ProblemKinds.NotFound, "there is no such webhook");

    private static bool IsAdmin(Caller caller) => caller.May(Permission.Admin, Grant.Everywhere);
}
