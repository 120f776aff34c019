using System.Net;

namespace Gateway.Oci.Registry;

/// <summary>Whether an answer to a request for a blob's rest holds that rest (RFC 9110, 14.4).</summary>
internal static class RangeAnswer
{
    /// <summary>How many bytes of the body come before <paramref name="offset"/> and are to be thrown away; a fault if the answer is not of this blob.</summary>
    public static long BytesToSkip(HttpResponseMessage answer, long offset, long size, string who)
    {
        var content = answer.Content.Headers;
        if (answer.StatusCode is HttpStatusCode.PartialContent)
        {
            // A proxy that serves another range, or another object, would splice foreign bytes into the blob.
            var honest = offset > 0 && content.ContentRange is { Unit: "bytes" } range && range.From == offset && range.To == size - 1 && (range.Length ?? size) == size
                && (content.ContentLength ?? size - offset) == size - offset;
            return honest ? 0 : throw new RegistryFault(OciFault.RegistryUnavailable, $"{who} answered another range than was asked for") { Transient = true };
        }

        if (answer.StatusCode is not HttpStatusCode.OK)
        {
            throw new RegistryFault(OciFault.RegistryUnavailable, $"{who} answered {(int)answer.StatusCode}");
        }

        return (content.ContentLength ?? size) == size
            ? offset
            : throw new RegistryFault(OciFault.DigestMismatch, $"{who} sends {content.ContentLength} bytes where {size} were promised");
    }
}
