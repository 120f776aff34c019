using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Containerd.Services.Diff;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Services.Leases;
using Gateway.Containerd.Services.Namespaces;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Containerd.Services.Transfer;
using Gateway.Containerd.Types;
using Google.Protobuf;

namespace Gateway.Tests.Containerd;

public sealed class RequestGuardTests
{
    /// <summary>Every request that is known to end a daemon, with the nested message absent.</summary>
    public static TheoryData<IMessage, string> Deadly => new()
    {
        { new CreateImageRequest(), "image" },
        { new CreateImageRequest { Image = new Image { Name = "x" } }, "target" },
        { new UpdateImageRequest(), "image" },
        { new UpdateImageRequest { Image = new Image { Name = "x" } }, "target" },
        { new UpdateRequest(), "info" },
        { new AddResourceRequest { Id = "x" }, "resource" },
        { new ApplyRequest(), "diff" },
        { new UpdateSnapshotRequest { Snapshotter = "x" }, "info" },
        { new DeleteResourceRequest { Id = "x" }, "resource" },
        { new CreateNamespaceRequest(), "namespace" },
        { new UpdateNamespaceRequest(), "namespace" },
        { new TransferRequest(), "options" },
    };

    public static TheoryData<IMessage> Harmless => new()
    {
        new CreateImageRequest { Image = new Image { Target = new ContentDescriptor() } },
        new UpdateImageRequest { Image = new Image { Target = new ContentDescriptor() } },
        new UpdateRequest { Info = new Gateway.Containerd.Services.Content.Info() },
        new AddResourceRequest { Resource = new Resource() },
        new ApplyRequest { Diff = new ContentDescriptor() },
        new CreateNamespaceRequest { Namespace = new Namespace() },
        new PrepareSnapshotRequest(),
        new ViewSnapshotRequest(),
        new DiffRequest(),
        new DeleteImageRequest(),
        new ListRequest(),
    };

    [Theory]
    [MemberData(nameof(Deadly))]
    public void Request_without_a_nested_message_is_refused_and_named(IMessage request, string missing)
    {
        var refused = Assert.Throws<ArgumentException>(() => RequestGuard.Check(request));
        Assert.Contains($"lacks {missing}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public void Request_with_all_its_messages_passes(IMessage request) => RequestGuard.Check(request);
}
