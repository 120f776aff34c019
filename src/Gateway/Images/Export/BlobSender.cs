using Gateway.Containerd;
using Gateway.Oci;

namespace Gateway.Images.Export;

/// <summary>Streams a blob out of the content store and checks on the way that it is the one.</summary>
internal static class BlobSender
{
    public static async Task SendAsync(NamespacedClient client, Digest digest, long size, Stream to, CancellationToken cancel)
    {
        using var hash = digest.CreateHash();
        await foreach (var bytes in client.ReadAsync(digest.ToString(), offset: 0, length: 0, cancel))
        {
            // Hashed while the socket takes it.
            size -= bytes.Length;
            var sending = size >= 0 ? to.WriteAsync(bytes, cancel) : ValueTask.CompletedTask;
            hash.AppendData(bytes.Span);
            await sending;
        }

        if (size is not 0 || !digest.Matches(hash.GetHashAndReset()))
        {
            throw new OciException(OciFault.DigestMismatch, $"{digest}: the stored bytes are not those of the digest");
        }
    }
}
