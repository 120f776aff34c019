using System.Runtime.Versioning;
using Gateway.Jobs;

namespace Gateway.Tests.Jobs.Store;

[SupportedOSPlatform("linux")]
public sealed class JobStorePathTests
{
    [Theory]
    [InlineData("/state", "/state/gateway/jobs.db")]
    [InlineData(null, "/home/user/.local/state/gateway/jobs.db")]
    [InlineData("", "/home/user/.local/state/gateway/jobs.db")]
    [InlineData("relative", "/home/user/.local/state/gateway/jobs.db")]
    public void A_users_store_lies_in_the_state_folder(string? stateHome, string expected) =>
        Assert.Equal(expected, JobStorePath.UserPath(stateHome, "/home/user"));

    [Fact]
    public void What_is_configured_is_used_and_no_other_path_tried() => Assert.Equal("/nowhere/jobs.db", JobStorePath.Choose("/nowhere/x/../jobs.db"));

    [Fact]
    public void A_folder_that_can_be_written_is_found_out_without_leaving_anything()
    {
        using var folder = new TempFolder();
        Assert.True(JobStorePath.CanWrite(folder.File("new/jobs.db")));
        Assert.Empty(Directory.GetFiles(folder.File("new")));
        File.WriteAllText(folder.File("file"), "");
        Assert.False(JobStorePath.CanWrite(folder.File("file/jobs.db")));
        Assert.False(JobStorePath.CanWrite("/proc/gateway/jobs.db"));
    }
}
