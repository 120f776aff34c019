using System.Text;
using Gateway.Oci;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Oci.Registry;

/// <summary>What scripted registries say, in one line each.</summary>
internal static class Answers
{
    public static readonly byte[] ManifestBytes = Encoding.UTF8.GetBytes("""{"schemaVersion":2}""");

    public static Descriptor Manifest => new() { MediaType = MediaTypes.OciManifest, Digest = Digest.Of(ManifestBytes), Size = ManifestBytes.Length };

    public static byte[] Noise(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static Descriptor BlobOf(byte[] bytes) => new() { MediaType = MediaTypes.OciLayerGzip, Digest = Digest.Of(bytes), Size = bytes.Length };

    /// <summary>The manifest with all its facts, for HEAD and GET.</summary>
    public static async Task SendManifest(this HttpContext context)
    {
        context.Response.ContentType = MediaTypes.OciManifest;
        context.Response.ContentLength = ManifestBytes.Length;
        context.Response.Headers["Docker-Content-Digest"] = Digest.Of(ManifestBytes).ToString();
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(ManifestBytes);
        }
    }

    public static Task SendStatus(this HttpContext context, int status, string body = "", params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(body);
    }

    /// <summary>The blob, honouring <c>Range</c>.</summary>
    public static async Task SendBlob(this HttpContext context, byte[] bytes, int? breakAfter = null)
    {
        var from = context.RangeStart();
        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{bytes.Length - 1}/{bytes.Length}";
        }

        context.Response.ContentLength = bytes.Length - from;
        var until = breakAfter is null ? bytes.Length : Math.Min(bytes.Length, from + breakAfter.Value);
        await context.Response.Body.WriteAsync(bytes.AsMemory(from, until - from));
        if (until < bytes.Length)
        {
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
    }

    public static int RangeStart(this HttpContext context) =>
        context.Request.GetTypedHeaders().Range?.Ranges.Single().From is { } from ? (int)from : 0;
}
