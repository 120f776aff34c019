using System.Net;
using Gateway.Oci.Registry;

namespace Gateway.Tests.Oci.Registry;

public sealed class EgressPolicyTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("168.63.129.16")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fc00::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("64:ff9b:1::8.8.8.8")]
    [InlineData("2002:a9fe:a9fe::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001:0:a9fe:a9fe::1")]
    [InlineData("2001:0:808:808:0:0:5601:5601")]
    public void Egress_to_a_reserved_address_is_denied(string address) =>
        Assert.False(new EgressPolicy().Allows("registry.test", 443, IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.0.1.1")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("168.63.129.17")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    [InlineData("2001:0:808:808:0:0:f7f7:f7f7")]
    [InlineData("2606:4700::1111")]
    public void Egress_to_a_public_address_is_allowed(string address) =>
        Assert.True(new EgressPolicy().Allows("registry.test", 443, IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.0.0.5:5000", "10.0.0.5", 5000, "10.0.0.5", true)]
    [InlineData("10.0.0.5:5000", "10.0.0.5", 5001, "10.0.0.5", false)]
    [InlineData("10.0.0.5:443", "10.0.0.5", 443, "10.0.0.5", true)]
    [InlineData("registry.lan:5000", "Registry.LAN", 5000, "192.168.1.9", true)]
    [InlineData("registry.lan:5000", "registry.lan", 5001, "192.168.1.9", false)]
    [InlineData("registry.lan", "registry.lan", 8443, "192.168.1.9", true)]
    [InlineData("registry.lan", "sub.registry.lan", 8443, "192.168.1.9", false)]
    [InlineData("192.168.0.0/16", "any.test", 443, "192.168.44.1", true)]
    [InlineData("192.168.0.0/16", "any.test", 443, "::ffff:192.168.44.1", true)]
    [InlineData("192.168.0.0/16", "any.test", 443, "10.0.0.1", false)]
    [InlineData("10.0.0.5", "any.test", 443, "10.0.0.5", true)]
    [InlineData("fd00::/8", "any.test", 443, "fd00::9", true)]
    [InlineData("[fd00::9]:5000", "[fd00::9]", 5000, "fd00::9", true)]
    [InlineData("[fd00::9]:5000", "[fd00::9]", 5001, "fd00::9", false)]
    public void Allow_list_entry_decides(string entry, string host, int port, string address, bool allowed) =>
        Assert.Equal(allowed, new EgressPolicy([entry]).Allows(host, port, IPAddress.Parse(address)));

    [Theory]
    [InlineData("localhost", "127.0.0.1", true)]
    [InlineData("localhost", "::1", true)]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("[::1]", "::1", true)]
    [InlineData("rebound.test", "127.0.0.1", false)]
    [InlineData("rebound.test", "::ffff:127.0.0.1", false)]
    [InlineData("localhost", "10.0.0.1", false)]
    public void Loopback_when_allowed_is_reached_by_its_own_names_only(string host, string address, bool allowed) =>
        Assert.Equal(allowed, new EgressPolicy(allowLoopback: true).Allows(host, 5000, IPAddress.Parse(address)));

    [Theory]
    [InlineData("")]
    [InlineData("http://registry.lan")]
    [InlineData("registry.lan/path")]
    [InlineData("user@registry.lan")]
    [InlineData("10.0.0.0/33")]
    [InlineData("registry.lan:99999")]
    public void Allow_list_entry_that_is_neither_host_nor_network_is_refused(string entry) =>
        Assert.Throws<FormatException>(() => new EgressPolicy([entry]));
}
