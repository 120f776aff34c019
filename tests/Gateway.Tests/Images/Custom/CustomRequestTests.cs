using FluentValidation.Results;
using Gateway.Images.Custom;

namespace Gateway.Tests.Images.Custom;

/// <summary>Bounds of both requests: each refusal names its field.</summary>
public sealed class CustomRequestTests
{
    private static readonly string Digest = "sha256:" + new string('a', 64);

    /// <summary>Configs, and the field that is named; null where the config is taken.</summary>
    public static TheoryData<object, string?> Configs => new()
    {
        { new CustomConfig(), null },
        { new CustomConfig { Entrypoint = [], Cmd = [], Env = [], ExposedPorts = [], Volumes = [], User = "", WorkingDir = "", StopSignal = "" }, null },
        { new CustomConfig { Cmd = ["", "two\nlines"] }, null },
        { new CustomConfig { Cmd = ["a\0b"] }, "Cmd[0]" },
        { new CustomConfig { Cmd = [null!] }, "Cmd[0]" },
        { new CustomConfig { Entrypoint = ["/a", new string('a', 32769)] }, "Entrypoint[1]" },
        { new CustomConfig { Cmd = [.. Enumerable.Repeat("a", 1025)] }, "cmd" },
        { new CustomConfig { Env = [.. Enumerable.Repeat("A=1", 1025)] }, "env" },
        { new CustomConfig { Env = ["A=", "A=b=c", "a.b-c=é\n"] }, null },
        { new CustomConfig { Env = ["A"] }, "Env[0]" },
        { new CustomConfig { Env = ["=A"] }, "Env[0]" },
        { new CustomConfig { Env = ["A=1", "B=\0"] }, "Env[1]" },
        { new CustomConfig { Env = [null!] }, "Env[0]" },
        { new CustomConfig { ExposedPorts = ["80/tcp", "53/udp", "9/sctp", "1", "65535/tcp"] }, null },
        { new CustomConfig { ExposedPorts = ["0/tcp"] }, "ExposedPorts[0]" },
        { new CustomConfig { ExposedPorts = ["65536/tcp"] }, "ExposedPorts[0]" },
        { new CustomConfig { ExposedPorts = ["80/http"] }, "ExposedPorts[0]" },
        { new CustomConfig { ExposedPorts = ["80-90/tcp"] }, "ExposedPorts[0]" },
        { new CustomConfig { ExposedPorts = ["80/tcp\n"] }, "ExposedPorts[0]" },
        { new CustomConfig { Volumes = ["/", "/a b/é"] }, null },
        { new CustomConfig { Volumes = ["a"] }, "Volumes[0]" },
        { new CustomConfig { Volumes = ["/a/../b"] }, "Volumes[0]" },
        { new CustomConfig { Volumes = ["/a\n"] }, "Volumes[0]" },
        { new CustomConfig { Volumes = ["/" + new string('a', 4096)] }, "Volumes[0]" },
        { new CustomConfig { Volumes = [null!] }, "Volumes[0]" },
        { new CustomConfig { WorkingDir = "/srv" }, null },
        { new CustomConfig { WorkingDir = "srv" }, "WorkingDir" },
        { new CustomConfig { WorkingDir = "/.." }, "WorkingDir" },
        { new CustomConfig { User = "1000:1000" }, null },
        { new CustomConfig { User = "www-data" }, null },
        { new CustomConfig { User = "4294967296" }, "User" },
        { new CustomConfig { User = "0:2147483648" }, "User" },
        { new CustomConfig { User = "a:b:c" }, "User" },
        { new CustomConfig { User = "a b" }, "User" },
        { new CustomConfig { User = ":1" }, "User" },
        { new CustomConfig { User = new string('a', 257) }, "User" },
        { new CustomConfig { StopSignal = "SIGTERM" }, null },
        { new CustomConfig { StopSignal = "QUIT" }, null },
        { new CustomConfig { StopSignal = "SIGRTMIN+15" }, null },
        { new CustomConfig { StopSignal = "64" }, null },
        { new CustomConfig { StopSignal = "0" }, "StopSignal" },
        { new CustomConfig { StopSignal = "65" }, "StopSignal" },
        { new CustomConfig { StopSignal = "-9" }, "StopSignal" },
        { new CustomConfig { StopSignal = "sigterm" }, "StopSignal" },
        { new CustomConfig { StopSignal = "SIGRTMIN+16" }, "StopSignal" },
        { new CustomConfig { StopSignal = "SIGSIGTERM" }, "StopSignal" },
        { new CustomConfig { Labels = new Dictionary<string, string> { ["a"] = "b" } }, null },
        { new CustomConfig { Labels = new Dictionary<string, string> { ["a"] = null! } }, "Labels" },
        { new CustomConfig { Labels = new Dictionary<string, string> { [""] = "b" } }, "Labels" },
        { new CustomConfig { Labels = new Dictionary<string, string> { ["containerd.io/restart.status"] = "running" } }, "Labels" },
    };

    public static TheoryData<object, string?> Commits => new()
    {
        { new CommitRequest { Reference = "a/b:1", Container = "c1" }, null },
        { new CommitRequest { Reference = "a/b:1", Snapshotter = "overlayfs", Snapshot = "any key sha256:x", Base = "odd name" }, null },
        { new CommitRequest { Reference = "a/b:1" }, "Snapshot" },
        { new CommitRequest { Reference = "a/b:1", Snapshotter = "overlayfs", Snapshot = "k" }, "Base" },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", Base = "a" }, "Container" },
        { new CommitRequest { Reference = "a/b:1", Container = "c\"1" }, "Container" },
        { new CommitRequest { Reference = "a/b:1", Container = "" }, "Container" },
        { new CommitRequest { Reference = "", Container = "c1" }, "Reference" },
        { new CommitRequest { Reference = "a/B", Container = "c1" }, "Reference" },
        { new CommitRequest { Reference = "a/b@" + Digest, Container = "c1" }, "Reference" },
        { new CommitRequest { Reference = "a/b:1", Snapshotter = "../x", Snapshot = "k", Base = "a" }, "Snapshotter" },
        { new CommitRequest { Reference = "a/b:1", Snapshotter = "x", Snapshot = "k\n", Base = "a" }, "Snapshot" },
        { new CommitRequest { Reference = "a/b:1", Snapshotter = "x", Snapshot = new string('k', 257), Base = "a" }, "Snapshot" },
        { new CommitRequest { Reference = "a/b:1", Snapshotter = "x", Snapshot = "k", Base = "" }, "Base" },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", Author = "a\nb" }, "Author" },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", Author = new string('a', 257) }, "Author" },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", Message = "two\nlines" }, null },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", Message = new string('a', 4097) }, "Message" },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", MediaType = "application/vnd.oci.image.layer.v1.tar+zstd" }, null },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", MediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip" }, "MediaType" },
        { new CommitRequest { Reference = "a/b:1", Container = "c1", Config = new() { WorkingDir = "x" } }, "Config.WorkingDir" },
    };

    public static TheoryData<object, string?> Composes => new()
    {
        { Compose(), null },
        { Compose() with { Layers = [new() { Digest = Digest, MediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip" }] }, null },
        { Compose() with { Layers = [], Base = "a" }, null },
        { Compose() with { Layers = [] }, "Layers" },
        { Compose() with { Layers = [null!] }, "Layers[0]" },
        { Compose() with { Layers = [.. Enumerable.Repeat(new ComposedLayer { Digest = Digest }, 513)] }, "layers" },
        { Compose() with { Layers = [new() { Digest = "sha256:../../etc" }] }, "Layers[0].Digest" },
        { Compose() with { Layers = [new() { Digest = Digest.ToUpperInvariant() }] }, "Layers[0].Digest" },
        { Compose() with { Layers = [new() { Digest = Digest, MediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }] }, "Layers[0].MediaType" },
        { Compose() with { Reference = "a/b@" + Digest }, "Reference" },
        { Compose() with { Base = "" }, "Base" },
        { Compose() with { Platform = "linux" }, "Platform" },
        { Compose() with { Platform = "linux/arm/v6" }, null },
        { Compose() with { Snapshotter = "a/b" }, "Snapshotter" },
        { Compose() with { Snapshotter = "native", Unpack = false }, "Snapshotter" },
        { Compose() with { Timestamp = "2026-01-31T12:00:00Z" }, null },
        { Compose() with { Timestamp = "2026-01-31T12:00:00.1234567+02:00" }, null },
        { Compose() with { Timestamp = "1969-12-31T23:59:59Z" }, "Timestamp" },
        { Compose() with { Timestamp = "1970-01-01T00:00:00+01:00" }, "Timestamp" },
        { Compose() with { Timestamp = "2026-01-31T12:00:00" }, "Timestamp" },
        { Compose() with { Timestamp = "2026-02-30T12:00:00Z" }, "Timestamp" },
        { Compose() with { Timestamp = "9999-12-31T23:59:59-01:00" }, "Timestamp" },
        { Compose() with { Timestamp = "1769860800" }, "Timestamp" },
        { Compose() with { Timestamp = "" }, "Timestamp" },
    };

    [Theory]
    [MemberData(nameof(Configs))]
    public void Config_is_bounded(object config, string? field) => Names(new CustomConfigValidator().Validate((CustomConfig)config), field);

    [Theory]
    [MemberData(nameof(Commits))]
    public void Commit_is_bounded(object request, string? field) => Names(new CommitRequestValidator().Validate((CommitRequest)request), field);

    [Theory]
    [MemberData(nameof(Composes))]
    public void Compose_is_bounded(object request, string? field) => Names(new ComposeRequestValidator().Validate((ComposeRequest)request), field);

    [Fact]
    public void Time_is_read_in_utc() =>
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 10, 0, 0, TimeSpan.Zero), CustomRules.TimeOf("2026-01-31T12:00:00+02:00"));

    [Fact]
    public void Reserved_label_has_its_own_code()
    {
        var errors = new CustomConfigValidator().Validate(new CustomConfig { Labels = new Dictionary<string, string> { ["io.cri-containerd.image"] = "managed" } }).Errors;
        Assert.Contains(errors, error => error.ErrorCode == "reserved_label");
    }

    private static ComposeRequest Compose() => new() { Reference = "a/b:1", Layers = [new ComposedLayer { Digest = Digest }] };

    private static void Names(ValidationResult result, string? field)
    {
        Assert.True(result.IsValid == field is null, result.ToString());
        if (field is not null)
        {
            Assert.True(result.Errors.Any(error => error.PropertyName == field), string.Join(", ", result.Errors.Select(error => $"{error.PropertyName} {error.ErrorMessage}")));
        }
    }
}
