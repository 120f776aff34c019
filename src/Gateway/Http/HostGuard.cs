namespace Gateway.Http;

/// <summary>Answers no request for a host that is not this service's; see <see cref="AllowedHosts"/>.</summary>
internal sealed class HostGuard(RequestDelegate next, AllowedHosts hosts)
{
    public Task InvokeAsync(HttpContext http) => hosts.Serves(http.Request.Host)
        ? next(http)
        : throw ProblemException.InvalidField("Host", "is not a host that is answered here; the operator lists those with AllowedHosts");
}
