using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Audit;

/// <summary>Records changes that a known caller may not make. Stands before the decision; strangers, who could fill the disk, are not recorded.</summary>
internal sealed class DenialMiddleware(RequestDelegate next, AuditLog audit)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (ProblemException denied) when (denied.Kind.Status is StatusCodes.Status403Forbidden && IsBeforeItsIntent(http))
        {
            await TryRecordAsync(AuditedRequest.Of(http, http.Features.Get<Caller>()!, AuditKind.Denied) with { Status = denied.Kind.Status, Code = denied.Kind.Code });
            throw;
        }
    }

    private static bool IsBeforeItsIntent(HttpContext http) =>
        AuditedRequest.IsChange(http) && http.Features.Get<Caller>() is not null && http.Features.Get<AuditRecord>() is null;

    // It has changed nothing, so it is refused all the same where it cannot be recorded; the log has told of that.
    private async Task TryRecordAsync(AuditRecord denial)
    {
        try
        {
            await audit.AppendAsync(denial);
        }
        catch (ProblemException unavailable) when (unavailable.Kind == ProblemKinds.AuditUnavailable)
        {
            return;
        }
    }
}
