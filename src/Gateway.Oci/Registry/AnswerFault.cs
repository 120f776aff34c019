using System.Text.Json;

namespace Gateway.Oci.Registry;

/// <summary>Turns an answer that is not what was asked for into a fault. Of its body at most 1 KiB is read, and only the first error's code and message used.</summary>
internal static class AnswerFault
{
    private const int MaxBodyBytes = 1024;

    /// <summary>The fault of a status. <paramref name="who"/> answered; <paramref name="ask"/> is what was asked, where it was an object of the repository.</summary>
    public static RegistryFault Of(HttpResponseMessage answer, string who, ObjectRequest? ask, string reason, TimeProvider time)
    {
        var status = answer.StatusCode;
        var (missing, writes) = (ask?.Missing ?? "", ask?.IsWrite ?? false);
        var (fault, words) = (int)status switch
        {
            401 => (OciFault.RegistryUnauthorized, $"{who} wants credentials that it accepts"),
            403 => (OciFault.RegistryForbidden, $"{who} forbids it"),
            404 when writes => (OciFault.RegistryRefused, $"{who} does not know this {missing}"),
            404 => (OciFault.ImageNotFound, $"{who} does not know this {missing}"),
            429 => (OciFault.RegistryRateLimited, $"{who} limits the rate of requests"),
            416 when !writes => (OciFault.DigestMismatch, $"{who} has fewer bytes than promised"),
            >= 400 and < 500 and not (408 or 425) when writes => (OciFault.RegistryRefused, $"{who} answered {(int)status}"),
            _ => (OciFault.RegistryUnavailable, $"{who} answered {(int)status}"),
        };
        return new RegistryFault(fault, reason.Length is 0 ? words : $"{words} ({reason})")
        {
            Transient = (int)status is 408 or 425 or 429 or >= 500,
            RetryAfter = RetryAfterHeader.Of(answer, time),
            Status = status,
        };
    }

    /// <summary>The registry's error code and message (distribution-spec v1.1, "Error Codes"), masked, or nothing.</summary>
    public static async Task<string> ReasonAsync(ResponseBody body, SecretMask mask, string? sent, CancellationToken cancel)
    {
        try
        {
            using var json = JsonDocument.Parse(await body.ReadAllAsync(MaxBodyBytes - 1, cancel), new JsonDocumentOptions { MaxDepth = 8 });
            var first = json.RootElement.GetProperty("errors")[0];
            var code = first.GetProperty("code").GetString() ?? "";
            var message = first.TryGetProperty("message", out var text) && text.ValueKind is JsonValueKind.String ? text.GetString() : "";
            return mask.Clean(string.IsNullOrEmpty(message) ? code : $"{code}: {message}", sent);
        }
        catch (Exception unreadable) when (unreadable is JsonException or RegistryFault or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            return "";
        }
    }
}
