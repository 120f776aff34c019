using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Webhooks;

/// <summary>
/// Sends what is due, one message of a receiver at a time, so that messages of one job keep their order. What is not taken is sent again for a day;
/// a receiver that took nothing in that time, or says that it is gone, is paused.
/// </summary>
internal sealed partial class WebhookSender(
    WebhookStore store, WebhookClient client, ICallers callers, JobSecrets secrets, TimeProvider time, ILogger<WebhookSender> log) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Rest of a receiver whose messages cannot be noted: it would get the same one with each look else.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    /// <summary>After each failed attempt; 24 hours in all.</summary>
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(5), TimeSpan.FromHours(6), TimeSpan.FromHours(10.4),
    ];

    private readonly ConcurrentDictionary<string, Task> sending = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    StartDue(stoppingToken);
                }
#pragma warning disable CA1031 // A full disk or one broken row must not end the sender, and with it the gateway.
                catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
                {
                    LogUnavailable(failure);
                }
            }
        }
        finally
        {
            await Task.WhenAll(sending.Values);
        }
    }

    private void StartDue(CancellationToken stopping)
    {
        foreach (var webhook in store.Due())
        {
            if (!sending.ContainsKey(webhook))
            {
                // Entered before it runs: it takes itself out.
                var begin = new TaskCompletionSource();
                sending[webhook] = SendAllAsync(webhook, begin.Task, stopping);
                begin.SetResult();
            }
        }
    }

    private async Task SendAllAsync(string id, Task begin, CancellationToken stopping)
    {
        await begin.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            // One that takes nothing is asked again with the next look, not with the next message.
            while (store.Next(id) is var (webhook, delivery) && await SendAsync(webhook, delivery, stopping))
            {
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The next start goes on.
        }
#pragma warning disable CA1031 // Whatever one receiver's sending fails with, the others are served, and this one at the next look.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            LogFailure(id, failure);
            await Task.Delay(Rest, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            sending.TryRemove(id, out _);
        }
    }

    /// <summary>Whether the receiver took it.</summary>
    private async Task<bool> SendAsync(Webhook webhook, Delivery delivery, CancellationToken stopping)
    {
        if (callers.Find(webhook.Subject) is { } caller && !WebhookAccess.MayHear(caller, webhook.Namespace))
        {
            await store.PauseAsync(webhook.Id, "the key that it was made with is gone, or may no longer read these jobs", stopping);
            return false;
        }

        byte[]? key;
        try
        {
            key = WebhookSignature.KeyOf(secrets.Unseal(webhook.Id, webhook.Namespace ?? "", webhook.Secret));
        }
        catch (ProblemException unreadable) when (unreadable.Kind == ProblemKinds.CredentialsUnreadable)
        {
            await store.PauseAsync(webhook.Id, "its secret cannot be read any more: the gateway's key has changed", stopping);
            return false;
        }

        var attempt = await client.SendAsync(webhook, key!, delivery, stopping);
        // What was sent is noted even when the shutdown begins now; it would be sent twice else.
        if (attempt.Error is null)
        {
            await store.DeliveredAsync(delivery, attempt.Status!.Value, CancellationToken.None);
            return true;
        }

        var wait = WaitAfter(delivery, attempt);
        LogRefused(webhook.Id, delivery.Id, delivery.Attempts + 1, attempt.Error, time.GetUtcNow() + wait);
        var tookNothing = await store.FailedAsync(delivery, attempt.Status, attempt.Error, wait, CancellationToken.None);
        if (attempt.Status is (int)HttpStatusCode.Gone || (wait is null && tookNothing))
        {
            await store.PauseAsync(webhook.Id, $"the receiver {attempt.Error}", CancellationToken.None);
        }

        return false;
    }

    private static TimeSpan? WaitAfter(Delivery delivery, Attempt attempt)
    {
        if (delivery.Attempts >= Waits.Length)
        {
            return null;
        }

        var wait = Waits[delivery.Attempts] * (1 + (RandomNumberGenerator.GetInt32(101) / 1000.0));
        return attempt.RetryAfter > wait ? attempt.RetryAfter : wait;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The receiver of webhook {WebhookId} did not take message {DeliveryId} in attempt {Attempt}: it {Error}; the next is at {NextAttemptAt}")]
    private partial void LogRefused(string webhookId, string deliveryId, int attempt, string error, DateTimeOffset? nextAttemptAt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sending to webhook {WebhookId} failed; it is tried again")]
    private partial void LogFailure(string webhookId, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The job store cannot be read for messages that are due; it is tried again")]
    private partial void LogUnavailable(Exception failure);
}
