using Gateway.Containerd;
using Gateway.Containerd.Services.Images;

namespace ReadLoad;

/// <summary>containerd itself, asked by this process over gRPC: what no gateway can do better without memory.</summary>
internal sealed class GrpcTarget(string socket, string containerdNamespace) : IDisposable
{
    private readonly ContainerdClient containerd = new(socket);

    public Func<long> Open(string call, string name)
    {
        var images = containerd.In(containerdNamespace).Images;
        return call is "get"
            ? () => images.Get(new GetImageRequest { Name = name }).CalculateSize()
            : () => images.List(new ListImagesRequest()).CalculateSize();
    }

    public void Dispose() => containerd.Dispose();
}
