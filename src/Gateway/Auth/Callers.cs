namespace Gateway.Auth;

/// <summary>Finds who a request comes from, as often as it is asked: what a stream was opened with may be gone before it ends.</summary>
internal interface ICallers
{
    /// <summary>The caller with the grants of this moment; null where the credentials are missing or no good.</summary>
    Task<Caller?> FindAsync(HttpContext http);

    /// <summary>Who a subject is now, for work that goes on after its request; null where only a token or a certificate could tell.</summary>
    Caller? Find(string subject);
}

/// <summary>By an API key, a token, or the connection's certificate.</summary>
internal sealed class Callers(ApiKeys keys, TokenCallers tokens, CertificateCallers certificates) : ICallers
{
    private const string KeyHeader = "X-API-Key";

    public async Task<Caller?> FindAsync(HttpContext http)
    {
        var header = http.Request.Headers[KeyHeader];
        var authorization = http.Request.Headers.Authorization;
        if (header.Count > 1 || authorization.Count > 1 || (header.Count is 1 && authorization.Count is 1))
        {
            // Which of two credentials counts must not be a guess.
            return null;
        }

        if (header.Count is 0 && authorization.Count is 0)
        {
            return certificates.From(http);
        }

        if (header.Count is 1)
        {
            return keys.Find(header.ToString());
        }

        if (!authorization.ToString().StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var credential = authorization.ToString()["Bearer ".Length..];
        return keys.Find(credential) ?? await tokens.FindAsync(http, credential);
    }

    public Caller? Find(string subject) => keys.CallerOf(subject);
}
