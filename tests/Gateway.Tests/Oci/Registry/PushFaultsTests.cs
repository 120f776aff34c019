using System.Text;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Oci.Registry;

/// <summary>Registries that fail in each phase of a push.</summary>
public sealed class PushFaultsTests : IDisposable
{
    private const string Canary = "canary-91c3ee05a47d2b68";
    private static readonly (Descriptor Descriptor, string Text) Blob = UploadServer.BlobOf(3_000_000);
    private readonly RegistryTrial trial = new();

    public void Dispose() => trial.Dispose();

    private static Task<BlobOutcome> PushAsync(PushRepository repository, CancellationToken cancel = default) =>
        repository.PushBlobAsync(Blob.Descriptor, UploadServer.SourceOf(Blob.Text), mountFrom: null, _ => { }, cancel);

    private static Func<HttpContext, Task<bool>> Fail(string method, int status, int times = int.MaxValue, params (string Name, string Value)[] headers) => async http =>
    {
        var hit = http.Request.Method == method && times-- > 0;
        await (hit ? http.SendStatus(status, $$"""{"errors":[{"code":"DENIED","message":"no, token={{Canary}}"}]}""", headers) : Task.CompletedTask);
        return hit;
    };

    [Theory]
    [InlineData("POST", 401, OciFault.RegistryUnauthorized)]
    [InlineData("POST", 403, OciFault.RegistryForbidden)]
    [InlineData("POST", 404, OciFault.RegistryRefused)]
    [InlineData("POST", 400, OciFault.RegistryRefused)]
    [InlineData("PUT", 403, OciFault.RegistryForbidden)]
    [InlineData("PUT", 404, OciFault.RegistryRefused)]
    [InlineData("PUT", 422, OciFault.RegistryRefused)]
    public async Task Final_answer_ends_the_push_at_once(string method, int status, OciFault expected)
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = Fail(method, status);

        var fault = await Assert.ThrowsAsync<OciException>(() => PushAsync(trial.OpenForPush(server.Server.Authority)));

        Assert.Equal(expected, fault.Fault);
        Assert.Single(server.With(method));
        Assert.Contains("DENIED", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HEAD", 503)]
    [InlineData("POST", 500)]
    [InlineData("POST", 429)]
    [InlineData("PUT", 502)]
    [InlineData("PUT", 408)]
    public async Task Passing_failure_is_tried_again_with_the_body_from_its_start(string method, int status)
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = Fail(method, status, times: 2);

        Assert.Equal(BlobOutcome.Uploaded, await PushAsync(trial.OpenForPush(server.Server.Authority)));

        Assert.Equal(3, server.With(method).Count());
        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
    }

    [Fact]
    public async Task Retry_after_beyond_the_bound_is_handed_to_the_caller()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = Fail("POST", 429, headers: ("Retry-After", "300"));

        var fault = await Assert.ThrowsAsync<OciException>(() => PushAsync(trial.OpenForPush(server.Server.Authority)));

        Assert.Equal((OciFault.RegistryRateLimited, TimeSpan.FromMinutes(5)), (fault.Fault, fault.RetryAfter));
        Assert.Single(server.With("POST"));
    }

    [Fact]
    public async Task Connection_that_is_reset_within_a_body_is_tried_again()
    {
        await using var server = await UploadServer.StartAsync();
        var left = 2;
        server.Server.BeforeBody = async http =>
        {
            if (http.Request.Method is not "PUT" || left-- <= 0)
            {
                return false;
            }

            await http.Request.Body.ReadExactlyAsync(new byte[100_000]);
            http.Abort();
            return true;
        };

        Assert.Equal(BlobOutcome.Uploaded, await PushAsync(trial.OpenForPush(server.Server.Authority)));

        Assert.Equal(Blob.Text, server.Stored[Blob.Descriptor.Digest.ToString()]);
        Assert.Equal(3, server.With("POST").Count());
    }

    [Fact]
    public async Task Large_body_is_not_sent_where_it_is_refused_by_its_headers()
    {
        await using var server = await UploadServer.StartAsync();
        long? read = null;
        server.Server.BeforeBody = async http =>
        {
            if (http.Request.Method is not "PUT")
            {
                return false;
            }

            Assert.Equal("100-continue", http.Request.Headers.Expect);
            read = http.Request.ContentLength;
            await http.SendStatus(403);
            await http.Response.CompleteAsync();
            return true;
        };

        var fault = await Assert.ThrowsAsync<OciException>(() => PushAsync(trial.OpenForPush(server.Server.Authority)));

        Assert.Equal(OciFault.RegistryForbidden, fault.Fault);
        Assert.Equal(Blob.Descriptor.Size, read);
    }

    [Fact]
    public async Task Registry_that_is_slow_to_answer_after_the_last_byte_is_waited_for_but_not_for_ever()
    {
        var time = new WatchedTime();
        await using var server = await UploadServer.StartAsync();
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        server.Instead = async http =>
        {
            if (http.Request.Method is not "PUT")
            {
                return false;
            }

            asked.TrySetResult();
            await answer.Task;
            return false;
        };

        var pushing = PushAsync(trial.OpenForPush(server.Server.Authority, time: time, attempts: 1));
        await asked.Task;
        time.Advance(TimeSpan.FromMinutes(4)); // beyond what an answer's headers may take, within what a commit may
        Assert.False(pushing.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(OciFault.RegistryTimeout, (await Assert.ThrowsAsync<OciException>(() => pushing)).Fault);
        answer.SetResult();
    }

    [Fact]
    public async Task Registry_that_stops_taking_bytes_is_timed_out()
    {
        await using var server = await UploadServer.StartAsync();
        server.Server.BeforeBody = async http =>
        {
            if (http.Request.Method is "PUT")
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return http.Request.Method is "PUT";
        };
        // More than the buffers between the two hold.
        var (blob, text) = UploadServer.BlobOf(40_000_000);
        var repository = trial.Client(attempts: 1, idle: TimeSpan.FromMilliseconds(300)).OpenForPush(ImageReference.Parse($"{server.Server.Authority}/acme/app:1"), credentials: null);

        var fault = await Assert.ThrowsAsync<OciException>(() => repository.PushBlobAsync(blob, UploadServer.SourceOf(text), mountFrom: null, _ => { }, CancellationToken.None));

        Assert.Equal(OciFault.RegistryTimeout, fault.Fault);
    }

    [Fact]
    public async Task Canceled_push_ends_within_its_body()
    {
        await using var server = await UploadServer.StartAsync();
        using var cancel = new CancellationTokenSource();
        server.Server.BeforeBody = async http =>
        {
            if (http.Request.Method is "PUT")
            {
                await cancel.CancelAsync();
            }

            return false;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PushAsync(trial.OpenForPush(server.Server.Authority), cancel.Token));

        Assert.Empty(server.Stored);
    }

    [Fact]
    public async Task Source_that_fails_is_not_blamed_on_the_registry()
    {
        await using var server = await UploadServer.StartAsync();

        await Assert.ThrowsAsync<InvalidDataException>(() => trial.OpenForPush(server.Server.Authority)
            .PushBlobAsync(Blob.Descriptor, (_, _, _) => throw new InvalidDataException("the store"), mountFrom: null, _ => { }, CancellationToken.None));
    }

    [Theory]
    [InlineData("1", "PUT /v2/acme/app/manifests/1")]
    [InlineData(null, "PUT /v2/acme/app/manifests/sha256")]
    public async Task Manifest_is_put_under_its_tag_or_digest_with_its_media_type(string? tag, string expected)
    {
        await using var server = await UploadServer.StartAsync();

        Assert.True(await trial.OpenForPush(server.Server.Authority).PushManifestAsync(Answers.Manifest, Answers.ManifestBytes, tag, CancellationToken.None));

        var put = server.With("PUT").Single();
        Assert.StartsWith(expected, $"{put.Method} {Uri.UnescapeDataString(put.PathAndQuery)}", StringComparison.Ordinal);
        Assert.Equal(MediaTypes.OciManifest, put.Headers["Content-Type"]);
        Assert.Equal(Encoding.UTF8.GetString(Answers.ManifestBytes), put.Body);
    }

    [Fact]
    public async Task Manifest_that_the_tag_names_already_is_not_put()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = async http =>
        {
            await http.SendManifest();
            return true;
        };

        Assert.False(await trial.OpenForPush(server.Server.Authority).PushManifestAsync(Answers.Manifest, Answers.ManifestBytes, "1", CancellationToken.None));

        Assert.Equal(["HEAD"], server.Methods);
    }

    [Fact]
    public async Task Manifest_that_is_stored_under_another_digest_is_a_mismatch()
    {
        await using var server = await UploadServer.StartAsync();
        server.Instead = Fail("PUT", 201, headers: ("Docker-Content-Digest", Digest.Of("other"u8).ToString()));

        var fault = await Assert.ThrowsAsync<OciException>(() =>
            trial.OpenForPush(server.Server.Authority).PushManifestAsync(Answers.Manifest, Answers.ManifestBytes, "1", CancellationToken.None));

        Assert.Equal(OciFault.DigestMismatch, fault.Fault);
    }
}
