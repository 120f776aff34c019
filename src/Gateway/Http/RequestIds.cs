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
            http.Response.Headers[Header] = id;
            AnswerHeaders.Apply(http);
            return Task.CompletedTask;
        });
        return next(http);
    }
}
