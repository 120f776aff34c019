using Gateway.Auth;
using Gateway.Jobs;

namespace Gateway.Audit;

/// <summary>
/// No record, no change: 1 the intent is on the disk, 2 the change is tried, 3 the result is recorded, whatever it is. Comes after the caller is known and
/// let in. The answer of a failure leaves after its record, any other does not wait for it.
/// </summary>
internal sealed class AuditMiddleware(RequestDelegate next, AuditLog audit, JobQueries jobs)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (!AuditedRequest.IsChange(http) || http.Features.Get<Caller>() is not { } caller)
        {
            await next(http);
            return;
        }

        var intent = await audit.AppendAsync(AboutItsJob(AuditedRequest.Of(http, caller, AuditKind.Intent), http));
        http.Features.Set(intent);
        Exception? failure = null;
        try
        {
            await next(http);
        }
        catch (Exception thrown)
        {
            failure = thrown;
            throw;
        }
        finally
        {
            await audit.RecordAsync(AuditedRequest.ResultOf(intent, http, failure));
        }
    }

    // Who may read the audit of a namespace sees also who canceled its jobs, though their paths do not name it.
    private AuditRecord AboutItsJob(AuditRecord intent, HttpContext http) =>
        http.GetRouteValue("id") is string id && JobId.IsValid(id) && jobs.Find(id) is { } job ? intent with { Job = id, Namespace = job.Namespace } : intent;
}
