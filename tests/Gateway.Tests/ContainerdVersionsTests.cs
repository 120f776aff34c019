namespace Gateway.Tests;

public sealed class ContainerdVersionsTests
{
    [Theory]
    [InlineData("1.6.0")]
    [InlineData("v1.6.36")]
    [InlineData("1.6.20~ds1")]
    [InlineData("1.7.24-0ubuntu1")]
    [InlineData("v1.7.0-rc.1")]
    [InlineData("v2.0.0-beta.0")]
    [InlineData("2.1.9+unknown")]
    [InlineData("v2.17.3")]
    public void A_version_from_1_6_to_2_x_is_taken(string version) => Assert.Null(ContainerdVersions.FindFault(version));

    [Theory]
    [InlineData("1.5.18")]
    [InlineData("v1.0.0")]
    [InlineData("0.9.9")]
    [InlineData("v3.0.0")]
    [InlineData("16.0.0")]
    [InlineData("20.10.1")]
    public void Another_is_refused_by_name(string version) => Assert.Contains($"containerd {version} is not supported", ContainerdVersions.FindFault(version));

    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("2")]
    [InlineData("v.1.6")]
    [InlineData("1.66666")]
    [InlineData("99999.1")]
    [InlineData("1,6")]
    public void What_is_no_version_is_refused(string version) => Assert.Contains("tells no version", ContainerdVersions.FindFault(version));
}
