using System.Collections.Concurrent;
using System.Text;
using Gateway.Auth;
using Gateway.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Primitives;

namespace Gateway.Jobs;

/// <summary>
/// <c>Idempotency-Key</c> on POSTs (IETF httpapi draft): the first request that succeeds is done, its answer is stored before it is given, and whoever sends
/// the same again gets it. A request that fails has changed nothing, so its key is given free.
/// </summary>
internal sealed partial class IdempotencyMiddleware(
    RequestDelegate next, IdempotencyStore store, JobSecrets secrets, JobHub hub, ILogger<IdempotencyMiddleware> log)
{
    public const string Header = "Idempotency-Key";
    public const string Replayed = "Idempotent-Replayed";

    /// <summary>Longest key, in characters.</summary>
    public const int MaxLength = 255;

    // Requests that have a key now, and whether they may give it back. One that is taken in the store and not here could not be given free, for a full disk
    // perhaps, when its request had come to nothing.
    private readonly ConcurrentDictionary<(string Subject, string Key), bool> underWay = new();

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);
    private static readonly string[] KeptHeaders = ["Content-Type", "ETag", "Location"];

    public async Task InvokeAsync(HttpContext http)
    {
        var header = http.Request.Headers[Header];
        if (header.Count is 0 || !HttpMethods.IsPost(http.Request.Method) || http.Features.Get<Caller>() is not { } caller)
        {
            await next(http);
            return;
        }

        var key = new IdempotencyKey(caller.Subject, Checked(header), await FingerprintAsync(http)) { StartsJob = StartsJob(http) };
        var isFirst = underWay.TryAdd((key.Subject, key.Key), true);
        try
        {
            if (await store.ClaimAsync(key, isFirst, http.RequestAborted) is { } known)
            {
                await ReplayAsync(http, known, key);
            }
            else
            {
                http.Features.Set(key);
                await DoOnceAsync(http, key);
            }
        }
        finally
        {
            if (isFirst)
            {
                underWay.TryRemove(new KeyValuePair<(string, string), bool>((key.Subject, key.Key), true));
            }
        }
    }

    private static bool StartsJob(HttpContext http) => http.GetEndpoint()?.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>()
        .Any(answer => answer.StatusCode is StatusCodes.Status202Accepted && answer.Type == typeof(JobView)) is true;

    private static string Checked(StringValues header) => header is [{ Length: > 0 and <= MaxLength } key] && key.All(c => c is > ' ' and <= '~')
        ? key
        : throw ProblemException.InvalidField(Header, $"must be one key of 1 to {MaxLength} visible ASCII characters");

    // An archive is not read for it: path, query, type and length stand for what is streamed.
    private async Task<byte[]> FingerprintAsync(HttpContext http)
    {
        var request = http.Request;
        using var text = new MemoryStream();
        text.Write(Encoding.UTF8.GetBytes($"{request.Path}\n{request.QueryString}\n{request.ContentType}\n{request.ContentLength}\n"));
        if (request.HasJsonContentType())
        {
            request.EnableBuffering(HttpExtensions.MaxBodyBytes); // all of it in memory
            await request.Body.CopyToAsync(text, http.RequestAborted);
            request.Body.Position = 0;
        }

        return secrets.Fingerprint(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    private async Task ReplayAsync(HttpContext http, IdempotencyEntry known, IdempotencyKey key)
    {
        if (!known.Fingerprint.AsSpan().SequenceEqual(key.Fingerprint))
        {
            throw new ProblemException(ProblemKinds.IdempotencyKeyReused, $"the {Header} was sent before with another request");
        }

        if (known.IsLost)
        {
            throw new ProblemException(ProblemKinds.IdempotencyKeyInUse, $"the gateway ended before it had answered the first request with this {Header}, "
                + "so it is not known whether that was done: look for what it makes, and send it again under another key");
        }

        http.Response.Headers[Replayed] = "true";
        if (known.Job is { } job)
        {
            await (await JobAnswers.Accepted(http, hub.Newest(job), http.RequestAborted)).ExecuteAsync(http);
            return;
        }

        var answer = known.Answer ?? throw new ProblemException(ProblemKinds.IdempotencyKeyInUse, $"the first request with this {Header} has not been answered yet") { RetryAfter = AskAgain };
        http.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            http.Response.Headers[name] = value;
        }

        await http.Response.Body.WriteAsync(answer.Body, http.RequestAborted);
    }

    private async Task DoOnceAsync(HttpContext http, IdempotencyKey key)
    {
        var wire = http.Response.Body;
        using var body = new MemoryStream();
        http.Response.Body = body;
        var isDone = false;
        try
        {
            await next(http);
            await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
            isDone = http.Response.StatusCode is >= 200 and < 300;
        }
        finally
        {
            http.Response.Body = wire;
            await SettleAsync(key, isDone ? AnswerOf(http, body.ToArray()) : null);
        }

        if (body.Length > 0)
        {
            await wire.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), http.RequestAborted);
        }
    }

    private static StoredAnswer AnswerOf(HttpContext http, byte[] body) => new(
        http.Response.StatusCode,
        KeptHeaders.Where(name => http.Response.Headers.ContainsKey(name)).ToDictionary(name => name, name => http.Response.Headers[name].ToString(), StringComparer.Ordinal),
        body);

    // What was done is done: where the store fails now, the answer is given all the same, and the key stays taken rather than being done twice.
    private async Task SettleAsync(IdempotencyKey key, StoredAnswer? answer)
    {
        try
        {
            await (answer is null ? store.ReleaseAsync(key) : store.KeepAsync(key, answer));
        }
        catch (ProblemException unavailable)
        {
            LogNotKept(unavailable);
            underWay[(key.Subject, key.Key)] = answer is null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer to a request with an Idempotency-Key could not be stored")]
    private partial void LogNotKept(Exception failure);
}
