using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;

namespace Gateway.Oci.Registry;

/// <summary>One host as one pull uses it: requests with authorisation, retry and a span each.</summary>
internal sealed class Endpoint(RegistryHttp http, RegistryHost host, Tokens tokens, string? originalRegistry, RegistryOptions options, TimeProvider time) : IDisposable
{
    // A second refresh may be due when a token ends during the request; a third would not change a server's mind.
    private const int MaxAuthAttempts = 3;

    public RegistryHost Host => host;

    /// <summary>Sends until the registry answers well, has refused for good, or the tries are used up; then throws.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string what, Action<HttpRequestMessage> prepare, CancellationToken cancel)
    {
        var uri = new Uri(host.Api + path + (originalRegistry is null ? "" : $"?ns={Uri.EscapeDataString(originalRegistry)}"));
        for (var attempt = 1; ; attempt++)
        {
            OciException failure;
            try
            {
                var answer = await AuthorisedAsync(method, uri, prepare, cancel);
                if (answer.IsSuccessStatusCode || (answer.StatusCode is HttpStatusCode.MethodNotAllowed && method == HttpMethod.Head))
                {
                    return answer;
                }

                using (answer)
                {
                    failure = RegistryErrors.From(answer, what, time.GetUtcNow());
                    if (!RegistryErrors.IsTransient(answer.StatusCode))
                    {
                        throw failure;
                    }
                }
            }
            catch (OciException transient) when (transient.Fault is OciFault.RegistryUnavailable or OciFault.RegistryTimeout)
            {
                failure = new OciException(transient.Fault, transient.Message.StartsWith("cannot", StringComparison.Ordinal) ? transient.Message : $"{what}: {transient.Message}", transient)
                {
                    RetryAfter = transient.RetryAfter,
                };
            }

            if (attempt >= options.MaxAttempts || failure.RetryAfter > options.LongestRetryAfter)
            {
                throw failure;
            }

            await Task.Delay(failure.RetryAfter ?? Backoff(attempt), time, cancel);
        }
    }

    /// <summary>A pause before try n + 1: random up to a bound that doubles.</summary>
    public TimeSpan Backoff(int attempt)
    {
        var most = Math.Min(options.FirstBackoff.TotalMilliseconds * Math.Pow(2, attempt - 1), options.LongestBackoff.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(most * RandomNumberGenerator.GetInt32(1001) / 1000);
    }

    public void Dispose() => tokens.Dispose();

    private async Task<HttpResponseMessage> AuthorisedAsync(HttpMethod method, Uri uri, Action<HttpRequestMessage> prepare, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var span = RegistryTelemetry.Traces.StartActivity($"registry {method.Method}", ActivityKind.Client);
            span?.SetTag("http.request.method", method.Method);
            span?.SetTag("server.address", uri.Host);
            span?.SetTag("server.port", uri.Port);
            span?.SetTag("url.path", uri.AbsolutePath);
            var sent = await tokens.GetAsync(cancel);
            HttpResponseMessage answer;
            try
            {
                answer = await http.SendAsync(host, method, uri, prepare, sent, cancel);
            }
            catch (OciException failure)
            {
                span?.SetTag("error.type", failure.Fault.ToString());
                span?.SetStatus(ActivityStatusCode.Error);
                throw;
            }

            span?.SetTag("http.response.status_code", (int)answer.StatusCode);
            if (answer.StatusCode is not HttpStatusCode.Unauthorized || attempt >= MaxAuthAttempts)
            {
                return answer;
            }

            using (answer)
            {
                if (!await tokens.AnswerAsync(sent, answer, cancel))
                {
                    throw new OciException(OciFault.RegistryUnauthorized, $"{host.Api.Authority} refuses the credentials, or wants some");
                }
            }
        }
    }
}
