using System.Globalization;
using System.Text;
using Gateway.Oci.Registry;

namespace Gateway.Webhooks;

/// <summary>What came of one attempt.</summary>
/// <param name="Status">What the receiver answered; null where it did not.</param>
/// <param name="Error">Null where it took the message.</param>
internal sealed record Attempt(int? Status, string? Error, TimeSpan? RetryAfter = null);

/// <summary>Sends messages. Of the answer only the status counts: nobody can read a receiver's pages through the gateway.</summary>
/// <param name="limit">How long a receiver may take to answer; 15 seconds where none is given.</param>
internal sealed class WebhookClient(RegistryOptions options, TimeProvider time, TimeSpan? limit = null) : IDisposable
{
    /// <summary>Bytes of an answer that are thrown away to keep the connection; of a longer one the connection is ended.</summary>
    private const int MostDrained = 64 * 1024;

    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(15);

    private readonly TimeSpan limit = limit ?? DefaultLimit;
    private readonly HttpMessageInvoker http = new(Handler(options));

    public async Task<Attempt> SendAsync(Webhook webhook, byte[] key, Delivery delivery, CancellationToken cancel)
    {
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new StringContent(delivery.Payload, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        request.Headers.Add("webhook-id", delivery.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", WebhookSignature.Sign(key, delivery.Id, timestamp, delivery.Payload));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(limit);
        try
        {
            Failpoint.Before("webhook POST", Injected);
            using var answer = await http.SendAsync(request, stop.Token);
            Failpoint.After("webhook POST", Injected);
            var status = (int)answer.StatusCode;
            return status is >= 200 and < 300 ? new(status, null) : new(status, $"answered {status}", RetryAfterHeader.Of(answer, time));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(null, $"did not answer in {limit.TotalSeconds} s");
        }
        catch (HttpRequestException denied) when (GuardedHandler.IsDenied(denied))
        {
            return new(null, "is at an address this gateway may not reach");
        }
        catch (HttpRequestException failed)
        {
            return new(null, failed.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "has a name that is not known",
                HttpRequestError.SecureConnectionError => "has a certificate that is not trusted, or speaks no TLS",
                HttpRequestError.ConnectionError => "could not be connected to",
                _ => "broke off the connection",
            });
        }
    }

    public void Dispose() => http.Dispose();

    private static HttpRequestException Injected(string text) => new(text);

    private static SocketsHttpHandler Handler(RegistryOptions options)
    {
        var handler = GuardedHandler.New(options);
        handler.MaxResponseDrainSize = MostDrained;
        return handler;
    }
}
