using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Gateway.Oci.Registry;

/// <summary>
/// The authorisation of one pull at one host: nothing until the registry asks, then Basic or a token. Lives as long as the pull, so a token is never
/// used for other credentials than it was given for.
/// </summary>
internal sealed class Tokens(RegistryHttp http, RegistryHost host, RegistryCredentials? credentials, string scope, RegistryOptions options, TimeProvider time) : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;
    private const string ClientId = "gateway";

    // distribution's token spec: where a server names no life, a token lives 60 s.
    private static readonly TimeSpan DefaultLife = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim refreshing = new(1, 1);
    private AuthenticationHeaderValue? current = credentials?.RegistryToken is { } given ? new("Bearer", given) : null;
    private DateTimeOffset? expiresAt;
    private Challenge? lastChallenge;

    /// <summary>What to send now; null before the registry has asked.</summary>
    public async Task<AuthenticationHeaderValue?> GetAsync(CancellationToken cancel)
    {
        if (expiresAt is { } end && time.GetUtcNow() >= end && lastChallenge is not null)
        {
            await RefreshAsync(current, lastChallenge, cancel);
        }

        return current;
    }

    /// <summary>
    /// Answers a 401. False where what was sent was the best there is. Parallel requests that got a 401 for the same authorisation refresh it once.
    /// </summary>
    public async Task<bool> AnswerAsync(AuthenticationHeaderValue? sent, HttpResponseMessage unauthorized, CancellationToken cancel)
    {
        var challenges = Challenge.Parse(unauthorized.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values) ? values : []);
        var challenge = challenges.FirstOrDefault(one => one.Scheme is "bearer") ?? challenges.FirstOrDefault(one => one.Scheme is "basic");
        return challenge is not null && credentials?.RegistryToken is null && await RefreshAsync(sent, challenge, cancel);
    }

    public void Dispose() => refreshing.Dispose();

    private bool HasPassword => credentials is { Username: not null, Password: not null };

    private async Task<bool> RefreshAsync(AuthenticationHeaderValue? stale, Challenge challenge, CancellationToken cancel)
    {
        await refreshing.WaitAsync(cancel);
        try
        {
            if (current is not null && !Equals(current, stale))
            {
                return true;
            }

            lastChallenge = challenge;
            if (challenge.Scheme is "basic")
            {
                var basic = HasPassword ? Basic() : null;
                var isNew = basic is not null && !Equals(basic, current);
                current = basic ?? current;
                return isNew;
            }

            (current, expiresAt) = await FetchAsync(challenge, cancel);
            return true;
        }
        finally
        {
            refreshing.Release();
        }
    }

    private AuthenticationHeaderValue Basic() =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials!.Username}:{credentials.Password}")));

    private async Task<(AuthenticationHeaderValue, DateTimeOffset)> FetchAsync(Challenge challenge, CancellationToken cancel)
    {
        var realm = TokenRealm.Check(challenge["realm"], host.Api, options.TrustedRealms);
        var scopes = $"{challenge["scope"]} {scope}".Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (HasPassword || credentials?.IdentityToken is not null)
        {
            using var posted = await SendAsync(Post(realm, challenge["service"], scopes), cancel);
            // Servers without the OAuth2 flow answer one of these; the identity token has no other flow.
            if (!HasPassword || posted.StatusCode is not (HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed))
            {
                return await ReadAsync(realm, posted, cancel);
            }
        }

        using var got = await SendAsync(Get(realm, challenge["service"], scopes), cancel);
        return await ReadAsync(realm, got, cancel);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        // The token server is reached with the registry's roots, but with neither its client certificate nor its headers.
        return http.SendOnceAsync(host with { ClientFiles = [], Headers = [] }, request, cancel);
    }

    private HttpRequestMessage Post(Uri realm, string? service, string[] scopes)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal) { ["client_id"] = ClientId, ["scope"] = string.Join(' ', scopes) };
        if (service is not null)
        {
            form["service"] = service;
        }

        if (HasPassword)
        {
            (form["grant_type"], form["username"], form["password"]) = ("password", credentials!.Username!, credentials.Password!);
        }
        else
        {
            (form["grant_type"], form["refresh_token"]) = ("refresh_token", credentials!.IdentityToken!);
        }

        return new HttpRequestMessage(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(form) };
    }

    private HttpRequestMessage Get(Uri realm, string? service, string[] scopes)
    {
        var query = new StringBuilder(realm.Query.Length > 1 ? realm.Query + "&" : "?");
        query.AppendJoin('&', scopes.Select(one => $"scope={Uri.EscapeDataString(one)}"));
        if (service is not null)
        {
            query.Append("&service=").Append(Uri.EscapeDataString(service));
        }

        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri);
        request.Headers.Authorization = HasPassword ? Basic() : null;
        return request;
    }

    private async Task<(AuthenticationHeaderValue, DateTimeOffset)> ReadAsync(Uri realm, HttpResponseMessage answer, CancellationToken cancel)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new OciException(answer.StatusCode switch
            {
                HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => OciFault.RegistryUnauthorized,
                HttpStatusCode.Forbidden => OciFault.RegistryForbidden,
                HttpStatusCode.TooManyRequests => OciFault.RegistryRateLimited,
                _ => OciFault.RegistryUnavailable,
            }, $"the token server {realm.Authority} answered {(int)answer.StatusCode}");
        }

        try
        {
            using var json = JsonDocument.Parse(await Bodies.ReadAsync(answer, MaxAnswerBytes, options.IdleTimeout, cancel));
            var root = json.RootElement;
            var token = Text(root, "access_token") ?? Text(root, "token") ?? throw new JsonException("no token");
            var life = root.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt32(out var count) && count > 0 ? TimeSpan.FromSeconds(count) : DefaultLife;
            return (new AuthenticationHeaderValue("Bearer", token), time.GetUtcNow() + (life > Margin * 2 ? life - Margin : life / 2));
        }
        catch (Exception odd) when (odd is JsonException or FormatException or InvalidOperationException)
        {
            throw new OciException(OciFault.RegistryUnavailable, $"the token server {realm.Authority} answered without a token", odd);
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
