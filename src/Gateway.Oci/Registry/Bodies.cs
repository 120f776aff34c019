namespace Gateway.Oci.Registry;

/// <summary>Reading bodies whole, with bounds.</summary>
internal static class Bodies
{
    /// <summary>The body, at most so many bytes: more ends in <see cref="OciFault.ManifestTooLarge"/>, silence in <see cref="OciFault.RegistryTimeout"/>.</summary>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage answer, int maxBytes, TimeSpan idle, CancellationToken cancel)
    {
        var authority = answer.RequestMessage!.RequestUri!.Authority;
        if (answer.Content.Headers.ContentLength > maxBytes)
        {
            throw TooLarge(authority, maxBytes);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(limit.Token);
            using var bytes = new MemoryStream();
            var buffer = new byte[16 * 1024];
            while (true)
            {
                limit.CancelAfter(idle);
                var read = await body.ReadAsync(buffer, limit.Token);
                if (read is 0)
                {
                    return bytes.ToArray();
                }

                if (bytes.Length + read > maxBytes)
                {
                    throw TooLarge(authority, maxBytes);
                }

                bytes.Write(buffer, 0, read);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new OciException(OciFault.RegistryTimeout, $"{authority} stopped sending");
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            throw new OciException(OciFault.RegistryUnavailable, $"{authority} broke the connection", broken);
        }
    }

    private static OciException TooLarge(string authority, int maxBytes) =>
        new(OciFault.ManifestTooLarge, $"{authority} sends a document of more than {maxBytes} bytes");
}
