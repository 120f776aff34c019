using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.TestKit;

/// <summary>One way for <see cref="ScriptedRegistry"/> to answer badly. Gets the request and what a good registry would have sent.</summary>
public delegate Task Fault(HttpContext http, GoodAnswer good);

/// <summary>What the registry would have answered; null when it knows nothing under the path.</summary>
public sealed record GoodAnswer(string MediaType, string Digest, byte[] Bytes)
{
    /// <summary>Does what a good registry would have done, uploads included.</summary>
    public Func<Task> ServeAsync { get; init; } = () => Task.CompletedTask;
}

/// <summary>The faults, by the names that tests give them.</summary>
public static class Faults
{
    public static Fault Status(int status, params (string Name, string Value)[] headers) => (http, _) =>
    {
        http.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            http.Response.Headers.Append(name, value);
        }

        return Task.CompletedTask;
    };

    public static Fault RetryAfter(int status, int seconds) => Status(status, ("Retry-After", $"{seconds}"));

    public static Fault Challenge(string value) => Status(StatusCodes.Status401Unauthorized, ("WWW-Authenticate", value));

    public static Fault Redirect(string location, int status = StatusCodes.Status307TemporaryRedirect) => Status(status, ("Location", location));

    /// <summary>Back to what was asked for, again and again.</summary>
    public static Fault RedirectToItself() => (http, good) => Redirect(http.Request.GetEncodedPathAndQuery())(http, good);

    /// <summary>Does what is asked and answers well, but for one header: it gets what is made of the request and its good value; null leaves it out.</summary>
    public static Fault Header(string name, Func<HttpContext, string, string?> make) => async (http, good) =>
    {
        await good.ServeAsync();
        http.Response.Headers[name] = make(http, http.Response.Headers[name].ToString());
    };

    /// <summary>Answers 200 with a text.</summary>
    public static Fault Text(string text) => (http, _) => http.Response.WriteAsync(text, http.RequestAborted);

    /// <summary>Takes so many bytes of the request and resets the connection without an answer.</summary>
    public static Fault ResetAfterTaking(int bytes = 0) => async (http, _) =>
    {
        await http.Request.Body.ReadExactlyAsync(new byte[bytes], http.RequestAborted);
        Abort(http);
    };

    /// <summary>Does what is asked and resets the connection instead of telling.</summary>
    public static Fault AnswerLost() => async (http, good) =>
    {
        await good.ServeAsync();
        Abort(http);
    };

    /// <summary>Neither answers nor does anything until the client has gone.</summary>
    public static Fault Silence() => (http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted);

    /// <summary>Another content type, digest, or none of them: empty leaves the header out.</summary>
    public static Fault Headers(string? mediaType = null, string? digest = null) => async (http, good) =>
    {
        http.Response.ContentType = (mediaType ?? good.MediaType) is { Length: > 0 } type ? type : null;
        if ((digest ?? good.Digest) is { Length: > 0 } text)
        {
            http.Response.Headers["Docker-Content-Digest"] = text;
        }

        await ScriptedRegistry.WriteBlobAsync(http, good.Bytes);
    };

    /// <summary>Announces all and closes the connection after so many bytes, each of which arrives.</summary>
    public static Fault CutAfter(int bytes) => async (http, good) =>
    {
        Describe(http, good);
        http.Response.ContentLength = good.Bytes.Length;
        await http.Response.Body.WriteAsync(good.Bytes.AsMemory(0, bytes), http.RequestAborted);
    };

    /// <summary>Announces all, sends so many bytes and resets the connection: what the client has not read by then is lost to it.</summary>
    public static Fault ResetAfter(int bytes) => (http, good) => ResetAsync(http, good, bytes);

    /// <summary>Ends in good order after so many bytes, with no length announced.</summary>
    public static Fault TruncateTo(int bytes) => async (http, good) =>
    {
        Describe(http, good);
        await http.Response.Body.WriteAsync(good.Bytes.AsMemory(0, bytes), http.RequestAborted);
    };

    /// <summary>The right length, the last byte wrong.</summary>
    public static Fault WrongBytes() => (http, good) => WriteAsync(http, good, [.. good.Bytes[..^1], (byte)(good.Bytes[^1] ^ 0xff)]);

    /// <summary>More than the descriptor says.</summary>
    public static Fault ExtraBytes(int count) => (http, good) => WriteAsync(http, good, [.. good.Bytes, .. new byte[count]]);

    /// <summary>A piece at a time, with a pause between two.</summary>
    public static Fault Drip(int pieceBytes, TimeSpan pause) => async (http, good) =>
    {
        Describe(http, good);
        http.Response.ContentLength = good.Bytes.Length;
        foreach (var piece in good.Bytes.Chunk(pieceBytes))
        {
            await http.Response.Body.WriteAsync(piece, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
            await Task.Delay(pause, http.RequestAborted);
        }
    };

    /// <summary>Sends so many bytes, waits until the gate opens, then sends the rest. The gate tells when someone waits.</summary>
    public static Fault Stall(Gate gate, int afterBytes = 0) => async (http, good) =>
    {
        Describe(http, good);
        http.Response.ContentLength = good.Bytes.Length;
        await http.Response.Body.WriteAsync(good.Bytes.AsMemory(0, afterBytes), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        await gate.PassAsync(http.RequestAborted);
        await http.Response.Body.WriteAsync(good.Bytes.AsMemory(afterBytes), http.RequestAborted);
    };

    /// <summary>Answers a range with all of it and 200, as a server does that knows no ranges.</summary>
    public static Fault IgnoreRange() => (http, good) => WriteAsync(http, good, good.Bytes);

    /// <summary>206 whose <c>Content-Range</c> lies about the start or the total, in bytes of difference.</summary>
    public static Fault LyingRange(int startOff = 0, int totalOff = 0) => async (http, good) =>
    {
        var from = ScriptedRegistry.RangeStart(http) ?? 0;
        Describe(http, good);
        http.Response.StatusCode = StatusCodes.Status206PartialContent;
        http.Response.Headers.ContentRange = $"bytes {from + startOff}-{good.Bytes.Length - 1 + totalOff}/{good.Bytes.Length + totalOff}";
        await http.Response.Body.WriteAsync(good.Bytes.AsMemory(from), http.RequestAborted);
    };

    private static void Describe(HttpContext http, GoodAnswer good) => http.Response.ContentType = good.MediaType;

    private static async Task WriteAsync(HttpContext http, GoodAnswer good, byte[] bytes)
    {
        Describe(http, good);
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private static async Task ResetAsync(HttpContext http, GoodAnswer good, int bytes)
    {
        Describe(http, good);
        http.Response.ContentLength = good.Bytes.Length;
        await http.Response.Body.WriteAsync(good.Bytes.AsMemory(0, bytes), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        Abort(http);
    }

    private static void Abort(HttpContext http) => http.Features.Get<IHttpRequestLifetimeFeature>()!.Abort();
}
