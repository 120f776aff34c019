using System.Net;
using System.Net.Http.Headers;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

/// <summary>The registry of the tests takes what is right, and nothing else.</summary>
public sealed class ScriptedUploadsTests : IAsyncLifetime
{
    private static readonly TestImage Image = TestImage.Of(Layer.Random(10_000, seed: 3));
    private readonly HttpClient client = new();
    private ScriptedRegistry registry = null!;

    public async ValueTask InitializeAsync()
    {
        registry = await ScriptedRegistry.StartAsync();
        client.BaseAddress = new Uri($"http://{registry.Host}/v2/acme/app/");
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await registry.DisposeAsync();
    }

    [Fact]
    public async Task Whole_image_is_taken_and_served()
    {
        foreach (var (digest, bytes) in Image.Blobs)
        {
            using var put = await client.PutAsync(await BeginAsync() + "&digest=" + digest, new ByteArrayContent(bytes));
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
            Assert.Equal(bytes, await client.GetByteArrayAsync("blobs/" + digest));
        }

        Assert.Equal(HttpStatusCode.Created, await PutManifestAsync());
        Assert.Equal(Image.Manifests[Image.Digest].Bytes, await client.GetByteArrayAsync("manifests/1"));
        Assert.Equal(Image.Digest, registry.Pushed.Find("acme/app", "1")!.Digest);
    }

    [Fact]
    public async Task Manifest_before_its_blobs_is_refused() => Assert.Equal(HttpStatusCode.NotFound, await PutManifestAsync());

    [Fact]
    public async Task Wrong_bytes_are_refused()
    {
        using var put = await client.PutAsync(await BeginAsync() + "&digest=" + Image.Layers[0].Digest, new ByteArrayContent([1, 2, 3]));
        Assert.Equal(HttpStatusCode.BadRequest, put.StatusCode);
        Assert.Empty(registry.Pushed.NamesIn("acme/app"));
    }

    [Fact]
    public async Task Pieces_are_taken_in_their_order_only()
    {
        var place = await BeginAsync();
        Assert.Equal(HttpStatusCode.Accepted, await PatchAsync(place, 0, 4_000));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, await PatchAsync(place, 5_000, 6_000));
        using var where = await client.GetAsync(place);
        Assert.Equal("0-3999", where.Headers.NonValidated["Range"].ToString());
        Assert.Equal(HttpStatusCode.Accepted, await PatchAsync(place, 4_000, Image.Layers[0].Bytes.Length));
        using var end = await client.PutAsync(place + "&digest=" + Image.Layers[0].Digest, content: null);
        Assert.Equal(HttpStatusCode.Created, end.StatusCode);
    }

    [Fact]
    public async Task Blob_is_mounted_from_where_it_is()
    {
        registry.Add("acme/base:1", Image);
        using var mounted = await client.PostAsync($"blobs/uploads/?mount={Image.Layers[0].Digest}&from=acme/base", content: null);
        Assert.Equal(HttpStatusCode.Created, mounted.StatusCode);
        using var not = await client.PostAsync($"blobs/uploads/?mount={Image.Layers[0].Digest}&from=acme/none", content: null);
        Assert.Equal(HttpStatusCode.Accepted, not.StatusCode);
    }

    [Fact]
    public async Task What_is_asked_is_done_though_the_answer_is_changed_or_lost()
    {
        var (digest, content) = (Image.Layers[0].Digest, new ByteArrayContent(Image.Layers[0].Bytes));
        registry.Faults.On("/uploads/", Faults.Header("Location", (_, said) => said + "&more=1"), times: 1)
            .On("/uploads/", Faults.ResetAfterTaking(100), times: 1).On("/uploads/", Faults.AnswerLost(), times: 1);

        var place = await BeginAsync();
        Assert.EndsWith("&more=1", place, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.PutAsync($"{place}&digest={digest}", content));
        Assert.Null(registry.Pushed.Find("acme/app", digest));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.PutAsync($"{place}&digest={digest}", content));
        Assert.NotNull(registry.Pushed.Find("acme/app", digest));
    }

    private async Task<string> BeginAsync()
    {
        using var begun = await client.PostAsync("blobs/uploads/", content: null);
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        return begun.Headers.Location!.ToString();
    }

    private async Task<HttpStatusCode> PatchAsync(string place, int from, int to)
    {
        var content = new ByteArrayContent(Image.Layers[0].Bytes[from..to]);
        content.Headers.TryAddWithoutValidation("Content-Range", $"{from}-{to - 1}");
        using var answer = await client.PatchAsync(place, content);
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> PutManifestAsync()
    {
        var content = new ByteArrayContent(Image.Manifests[Image.Digest].Bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(Image.MediaType);
        using var answer = await client.PutAsync("manifests/1", content);
        return answer.StatusCode;
    }
}
