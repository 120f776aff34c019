using Gateway.Auth;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

internal static class GetJobEvents
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The job's states as they come, the final one last. A reader that falls behind gets the newest state, not each. <c>Last-Event-ID</c> leaves out
    /// what the client has seen; where more has been told since than can still be had, an event <c>gap</c> says so first.
    /// </summary>
    public static async Task<IResult> Handle(
        string id, Caller caller, JobAccess access, JobHub hub, TimeProvider time, IHostApplicationLifetime lifetime, IOptions<JsonOptions> json,
        HttpContext http)
    {
        var format = EventFormat.Negotiate(http.Request.GetTypedHeaders(), json.Value.SerializerOptions);
        access.Find(id, caller);
        using var watch = hub.Watch(id);
        var job = access.Find(id, caller);
        var seen = JobEventId.Parse(http.Request.Headers["Last-Event-ID"]);
        if (job.State.IsFinal() && seen == job.EventId)
        {
            // An EventSource comes back after every end of stream. By the HTML standard this tells it to stay away.
            return TypedResults.NoContent();
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await BeginAsync(http, format, either.Token);
            if (seen != job.EventId)
            {
                await SendAsync(http, GapAfter(seen, job, format) + format.Event(job), either.Token);
            }

            while (!job.State.IsFinal())
            {
                var next = await watch.NextAsync(job.EventId, Heartbeat, time, either.Token);
                await SendAsync(http, next is null ? format.Heartbeat(job) : format.Event(next), either.Token);
                job = next ?? job;
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await SendAsync(http, format.Goodbye(job), http.RequestAborted);
        }

        return TypedResults.Empty;
    }

    /// <summary>Also where the job never had that id, as in a store that was restored: what came after it is not to be had either.</summary>
    private static string GapAfter(JobEventId? seen, JobRecord job, IEventFormat format) =>
        seen is { } last && !job.EventId.Follows(last) ? format.Gap(last, job.EventId) : "";

    /// <summary>Sends the headers at once: the client knows that it is connected before the first event comes.</summary>
    private static async Task BeginAsync(HttpContext http, IEventFormat format, CancellationToken cancel)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.ContentType = format.ContentType;
        http.Response.Headers.CacheControl = "no-store";

        // nginx would collect a stream before it passes it on.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await http.Response.StartAsync(cancel);
        await http.Response.Body.FlushAsync(cancel);
    }

    private static async Task SendAsync(HttpContext http, string text, CancellationToken cancel)
    {
        await http.Response.WriteAsync(text, cancel);
        await http.Response.Body.FlushAsync(cancel);
    }
}
