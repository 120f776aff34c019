using Google.Protobuf;

namespace Gateway.TestKit;

/// <summary>Images as a kubelet has them made: CRI's ImageService, which containerd serves on the same socket.</summary>
public static class RawCri
{
    /// <summary>Gives the image's id, the digest of its config. PullImage: image = 1, whose image = 1; image_ref = 1.</summary>
    public static async Task<string> PullAsync(ContainerdPlace daemon, string reference) => (await CallAsync(daemon, "PullImage", reference)).Text(1);

    /// <summary>Those CRI knows. ListImages: images = 1, each with its id = 1.</summary>
    public static async Task<string[]> IdsAsync(ContainerdPlace daemon) =>
        [.. (await CallAsync(daemon, "ListImages", null)).Messages(1).Select(image => image.Text(1))];

    private static Task<RawMessage> CallAsync(ContainerdPlace daemon, string method, string? reference) =>
        RawGrpc.AskAsync(daemon.Address, "k8s.io", $"runtime.v1.ImageService/{method}", message =>
        {
            if (reference is not null)
            {
                message.WriteTag(1, WireFormat.WireType.LengthDelimited);
                message.WriteBytes(ByteString.CopyFrom(RawGrpc.Encode(image =>
                {
                    image.WriteTag(1, WireFormat.WireType.LengthDelimited);
                    image.WriteString(reference);
                })));
            }
        });
}
