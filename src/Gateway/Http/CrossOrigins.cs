using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Gateway.Http;

/// <summary>The other sites whose pages may call the API from a browser (CORS), <c>Cors:Origins</c>; none by default.</summary>
/// <remarks>No cookies are ever taken, so "credentials" in the sense of CORS are not allowed: a page sends its key or token by itself.</remarks>
internal sealed record CrossOrigins(IReadOnlyList<string> Origins)
{
    private const string Key = "Cors:Origins";

    // How long a browser may keep the answer to a preflight.
    private static readonly TimeSpan PreflightLife = TimeSpan.FromMinutes(10);

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    // What a page could not read otherwise.
    private static readonly string[] Exposed =
    [
        "Accept-Ranges", "Allow", "Content-Disposition", "Content-Range", "Docker-Content-Digest", "ETag", "Idempotent-Replayed", "Link", "Location",
        "Preference-Applied", "Range", "Retry-After", "WWW-Authenticate", "X-Request-Id",
    ];

    public bool Has(string origin) => Origins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads them, or refuses what is not an exact origin.</summary>
    public static CrossOrigins From(IConfiguration configuration)
    {
        var origins = configuration.GetSection(Key).Get<string[]>() ?? [];
        return origins.FirstOrDefault(origin => !IsOrigin(origin)) is { } wrong
            ? throw new InvalidOperationException($"the start is refused: {Key} names '{wrong}', which is not an origin such as https://portal.example.org (http only on loopback, no '*', no path)")
            : new CrossOrigins(origins);
    }

    public void Configure(CorsPolicyBuilder policy) => policy
        .WithOrigins([.. Origins]).WithMethods(Methods).AllowAnyHeader().WithExposedHeaders(Exposed).SetPreflightMaxAge(PreflightLife).DisallowCredentials();

    // As a browser writes it, or it never matches: no path, no default port.
    private static bool IsOrigin(string text) => !text.Contains('*') && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && string.Equals(text, $"{uri.Scheme}://{uri.Authority}", StringComparison.OrdinalIgnoreCase) && uri.UserInfo.Length is 0
        && (uri.Scheme is "https" || (uri.Scheme is "http" && uri.IsLoopback));
}
