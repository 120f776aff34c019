using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Oci.Registry;

/// <summary>Opens a blob's body at an offset, as often as it takes.</summary>
internal sealed class BlobSource(Endpoint endpoint, string path, Action<HttpRequestMessage> accept, Descriptor descriptor, string what)
{
    public string Authority => endpoint.Host.Api.Authority;

    public TimeSpan Backoff(int attempt) => endpoint.Backoff(attempt);

    /// <summary>The body from the offset on.</summary>
    public async Task<HttpResponseMessage> OpenAsync(long offset, CancellationToken cancel)
    {
        var answer = await endpoint.SendAsync(HttpMethod.Get, path, what, request =>
        {
            accept(request);
            request.Headers.Range = offset > 0 ? new RangeHeaderValue(offset, null) : null;
        }, cancel);
        try
        {
            if (answer.StatusCode is HttpStatusCode.PartialContent)
            {
                RequireRange(answer, offset);
            }
            else if (offset > 0)
            {
                await SkipAsync(answer, offset, cancel);
            }
            else if (answer.Content.Headers.ContentLength is { } length && length != descriptor.Size)
            {
                throw new OciException(OciFault.DigestMismatch, $"{Authority} announces {length} bytes for {descriptor.Digest}, which has {descriptor.Size}");
            }

            return answer;
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    // A server that answers another part than it was asked for would have its bytes put in the wrong place.
    private void RequireRange(HttpResponseMessage answer, long offset)
    {
        var range = answer.Content.Headers.ContentRange;
        if (range?.From != offset || (range.HasLength && range.Length != descriptor.Size))
        {
            throw new OciException(OciFault.RegistryUnavailable, $"{Authority} answers another range of {descriptor.Digest} than was asked for");
        }
    }

    // The server knows no ranges and sends all of it again.
    private static async Task SkipAsync(HttpResponseMessage answer, long offset, CancellationToken cancel)
    {
        var body = await answer.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[64 * 1024];
        for (var left = offset; left > 0;)
        {
            var read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancel);
            left -= read > 0 ? read : throw new OciException(OciFault.RegistryUnavailable, "the registry ended the blob before the offset");
        }
    }
}
