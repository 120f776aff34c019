using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Gateway.Oci.Registry;

/// <summary>What a bearer challenge asks for, its realm already judged.</summary>
internal sealed record TokenRequest(Uri Realm, string? Service, IReadOnlyList<string> Scopes, TlsSettings Tls);

/// <summary>Fetches tokens: by OAuth 2 POST where there is a secret, else or as a fallback by the older GET. Follows no redirect.</summary>
/// <remarks>distribution: docs/spec/auth/oauth.md and token.md.</remarks>
internal sealed class TokenServer(RegistryHttp http, RetryRule retry, RegistryOptions options, TimeProvider time)
{
    private const string ClientId = "gateway";
    private const int MaxAnswerBytes = 64 * 1024;
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(1);

    public async Task<Token> FetchAsync(TokenRequest wanted, RegistryCredentials? credentials, CancellationToken cancel)
    {
        using var span = RegistryTelemetry.Start("registry.token");
        try
        {
            return await retry.RunAsync(wanted.Realm.Authority, lastHost: true, token => FetchOnceAsync(wanted, credentials, token), cancel);
        }
        catch (RegistryFault fault)
        {
            RegistryTelemetry.Failed(span, fault.Fault);
            throw fault.AsSpent(elsewhere: true);
        }
    }

    private async Task<Token> FetchOnceAsync(TokenRequest wanted, RegistryCredentials? credentials, CancellationToken cancel)
    {
        var form = FormOf(wanted, credentials);
        if (form is not null)
        {
            using var post = new HttpRequestMessage(HttpMethod.Post, wanted.Realm) { Content = new FormUrlEncodedContent(form) };
            using var answer = await http.SendAsync(post, wanted.Tls, cancel);
            RegistryTelemetry.Answered(wanted.Realm.Host, (int)answer.StatusCode);
            // Token servers without OAuth 2 answer one of these; a refresh token has no older way.
            var tryOlder = credentials?.IdentityToken is null && (int)answer.StatusCode is 400 or 401 or 404 or 405;
            if (!tryOlder)
            {
                return await ReadAsync(answer, wanted, cancel);
            }
        }

        using var get = new HttpRequestMessage(HttpMethod.Get, QueryOf(wanted));
        get.Headers.Authorization = BasicOf(credentials);
        using var older = await http.SendAsync(get, wanted.Tls, cancel);
        RegistryTelemetry.Answered(wanted.Realm.Host, (int)older.StatusCode);
        return await ReadAsync(older, wanted, cancel);
    }

    /// <summary>Basic credentials, where there are both user and password.</summary>
    public static AuthenticationHeaderValue? BasicOf(RegistryCredentials? credentials) => credentials is { Username: { } user, Password: { } password }
        ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password.Reveal()}")))
        : null;

    private static List<KeyValuePair<string, string>>? FormOf(TokenRequest wanted, RegistryCredentials? credentials)
    {
        List<KeyValuePair<string, string>>? form = credentials switch
        {
            { IdentityToken: { } refresh } => [new("grant_type", "refresh_token"), new("refresh_token", refresh.Reveal())],
            { Username: { } user, Password: { } password } => [new("grant_type", "password"), new("username", user), new("password", password.Reveal())],
            _ => null,
        };
        form?.AddRange([new("client_id", ClientId), new("scope", string.Join(' ', wanted.Scopes))]);
        if (wanted.Service is { } service)
        {
            form?.Add(new("service", service));
        }

        return form;
    }

    private static Uri QueryOf(TokenRequest wanted)
    {
        var pairs = wanted.Scopes.Select(scope => "scope=" + Uri.EscapeDataString(scope));
        pairs = wanted.Service is { } service ? pairs.Prepend("service=" + Uri.EscapeDataString(service)) : pairs;
        var own = wanted.Realm.Query.TrimStart('?');
        return new UriBuilder(wanted.Realm) { Query = string.Join('&', own.Length is 0 ? pairs : pairs.Prepend(own)) }.Uri;
    }

    private async Task<Token> ReadAsync(HttpResponseMessage answer, TokenRequest wanted, CancellationToken cancel)
    {
        var who = $"the token server {wanted.Realm.Host}";
        if (answer.StatusCode is not HttpStatusCode.OK)
        {
            throw (int)answer.StatusCode switch
            {
                >= 300 and < 400 => new RegistryFault(OciFault.EgressDenied, $"{who} redirects, which is not followed"),
                408 or 425 or 429 or >= 500 => AnswerFault.Of(answer, who, ask: null, "", time),
                var status => new RegistryFault(OciFault.RegistryUnauthorized, $"{who} gave no token ({status})"),
            };
        }

        using var body = await ResponseBody.OfAsync(answer, options.IdleTimeout, time, cancel);
        return Parse(await body.ReadAllAsync(MaxAnswerBytes, cancel)) ?? throw new RegistryFault(OciFault.RegistryUnavailable, $"{who} gave an answer without a token");
    }

    private Token? Parse(byte[] answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Length > MaxAnswerBytes ? [] : answer, new JsonDocumentOptions { MaxDepth = 8 });
            var value = TextOf(json.RootElement, "access_token") ?? TextOf(json.RootElement, "token");
            // token.md: 60 seconds where the server does not say. The last tenth is left unused: clocks and wires are slow.
            var seconds = json.RootElement.TryGetProperty("expires_in", out var said) && said.ValueKind is JsonValueKind.Number && said.TryGetDouble(out var n) && n > 0 ? n : 60;
            var lifetime = TimeSpan.FromSeconds(Math.Min(seconds, MaxLifetime.TotalSeconds));
            return value is null ? null : new Token(value, time.GetUtcNow() + (lifetime * 0.9));
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // A token goes into a header: anything but visible ASCII is refused rather than sent.
    private static string? TextOf(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var text) && text.ValueKind is JsonValueKind.String && text.GetString() is { Length: > 0 } value && value.All(c => c is > ' ' and <= '~')
            ? value
            : null;
}
