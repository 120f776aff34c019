namespace Gateway.Http;

/// <summary>Gives every answer an <c>X-Request-Id</c>: the caller's where it is harmless, else a new one. And the headers every answer carries.</summary>
internal sealed class RequestIds(RequestDelegate next)
{
    private const string Header = "X-Request-Id";
    private const int MaxLength = 128;

    public Task InvokeAsync(HttpContext http)
    {
        var asked = http.Request.Headers[Header].ToString();
        var id = asked.Length is > 0 and <= MaxLength && asked.All(c => c is > ' ' and < (char)127) ? asked : Guid.CreateVersion7().ToString("N");
        http.TraceIdentifier = id;
        http.Response.OnStarting(() =>
        {
            // At the last moment: a failure clears what was set before.
            var headers = http.Response.Headers;
            headers[Header] = id;
            headers.XContentTypeOptions = "nosniff";
            headers.Vary = "Authorization";
            if (headers.CacheControl.Count is 0)
            {
                headers.CacheControl = headers.ETag.Count > 0 ? "private, no-cache" : "no-store";
            }

            return Task.CompletedTask;
        });
        return next(http);
    }
}
