using System.IO.Pipelines;
using System.Net;
using Gateway.ContainerdTests.Content;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Audit;

/// <summary>An upload that stands still in its midst until it is told to go on: a change under way.</summary>
internal sealed class HalfUpload : HttpContent
{
    private static readonly byte[] Bytes = Blobs.Random(200_000, 1);

    private readonly Pipe pipe = new();

    public static string Digest { get; } = Layer.Hash(Bytes);

    public Task<HttpResponseMessage> Answer { get; private set; } = null!;

    public static async Task<HalfUpload> StartAsync(GatewayApi api, string containerdNamespace)
    {
        var upload = new HalfUpload();
        upload.Answer = api.Http.PutAsync(Blobs.PathOf(containerdNamespace, Digest), upload);
        await upload.pipe.Writer.WriteAsync(Bytes.AsMemory(0, Bytes.Length / 2));
        return upload;
    }

    public async Task<HttpStatusCode> FinishAsync()
    {
        await pipe.Writer.WriteAsync(Bytes.AsMemory(Bytes.Length / 2));
        await pipe.Writer.CompleteAsync();
        using var answer = await Answer;
        return answer.StatusCode;
    }

    /// <summary>Ends it where it stands; who was to take it is gone.</summary>
    public async Task BreakAsync()
    {
        await pipe.Writer.CompleteAsync(new IOException("broken off"));
        await Assert.ThrowsAnyAsync<Exception>(() => Answer);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => pipe.Reader.CopyToAsync(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = Bytes.Length;
        return true;
    }
}
