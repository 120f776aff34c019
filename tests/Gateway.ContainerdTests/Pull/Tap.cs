using System.Globalization;
using Gateway.TestKit;
using Microsoft.AspNetCore.Http;

namespace Gateway.ContainerdTests.Pull;

/// <summary>Lets a layer through by steps, by drips, or all at once.</summary>
internal sealed class Tap
{
    private const int PieceBytes = 350_000;

    /// <summary>The gateway hands containerd 1 MiB at a time, and tells of it then.</summary>
    private const int PiecesInStep = 3;

    private readonly SemaphoreSlim steps = new(0);
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool drips;

    public Tap(ScriptedRegistry registry, string digest) => registry.Script = async http =>
    {
        if (opened.Task.IsCompleted || !http.Request.Path.Value!.EndsWith(digest, StringComparison.Ordinal))
        {
            return false;
        }

        var blob = registry.Blob(digest);
        var start = http.Request.Headers.Range.ToString() is { Length: > 0 } range ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture) : 0;
        http.Response.StatusCode = start > 0 ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        http.Response.Headers.ContentRange = start > 0 ? $"bytes {start}-{blob.Length - 1}/{blob.Length}" : default(string);
        http.Response.ContentLength = blob.Length - start;
        await SendAsync(http, blob, start);
        return true;
    };

    public void Drip() => drips = true;

    /// <summary>Lets through what the progress will tell of.</summary>
    public void Step() => steps.Release(PiecesInStep);

    public void Open() => opened.TrySetResult();

    private async Task SendAsync(HttpContext http, byte[] blob, int start)
    {
        for (var sent = start; sent < blob.Length; sent += PieceBytes)
        {
            if (!opened.Task.IsCompleted)
            {
                await Task.WhenAny(opened.Task, drips ? Task.Delay(100, http.RequestAborted) : steps.WaitAsync(http.RequestAborted));
                http.RequestAborted.ThrowIfCancellationRequested();
            }

            await http.Response.Body.WriteAsync(blob.AsMemory(sent, Math.Min(PieceBytes, blob.Length - sent)), http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }
}
