using Gateway.Containerd;

namespace Gateway.Tests.Containerd;

public sealed class CallDeadlinesTests
{
    [Theory]
    [InlineData("containerd.services.content.v1.Content", "Read")]
    [InlineData("containerd.services.content.v1.Content", "Write")]
    [InlineData("containerd.services.content.v1.Content", "List")]
    [InlineData("containerd.services.snapshots.v1.Snapshots", "List")]
    [InlineData("containerd.services.containers.v1.Containers", "ListStream")]
    [InlineData("containerd.services.diff.v1.Diff", "Apply")]
    [InlineData("containerd.services.diff.v1.Diff", "Diff")]
    [InlineData("containerd.services.events.v1.Events", "Subscribe")]
    [InlineData("containerd.services.transfer.v1.Transfer", "Transfer")]
    [InlineData("containerd.services.streaming.v1.Streaming", "Stream")]
    public void Work_as_long_as_its_content_has_no_deadline(string service, string method) => Assert.Null(CallDeadlines.For(service, method));

    [Theory]
    [InlineData("containerd.services.images.v1.Images", "List", 10)]
    [InlineData("containerd.services.images.v1.Images", "Get", 10)]
    [InlineData("containerd.services.version.v1.Version", "Version", 10)]
    [InlineData("containerd.services.content.v1.Content", "Info", 10)]
    [InlineData("containerd.services.content.v1.Content", "Update", 60)]
    [InlineData("containerd.services.snapshots.v1.Snapshots", "Commit", 60)]
    [InlineData("containerd.services.snapshots.v1.Snapshots", "View", 60)]
    [InlineData("containerd.services.snapshots.v1.Snapshots", "Cleanup", 600)]
    [InlineData("containerd.services.tasks.v1.Tasks", "List", 10)]
    [InlineData("containerd.services.leases.v1.Leases", "Create", 60)]
    [InlineData("containerd.services.leases.v1.Leases", "DeleteResource", 60)]
    [InlineData("containerd.services.leases.v1.Leases", "Delete", 600)]
    [InlineData("containerd.services.images.v1.Images", "Delete", 600)]
    public void Other_calls_have_the_deadline_of_their_class(string service, string method, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), CallDeadlines.For(service, method));
}
