using System.Text.Json;
using CsCheck;
using Gateway.Oci;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace Gateway.Tests.Oci;

public sealed class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("linux/amd64/v1", "linux/amd64")]
    [InlineData("linux/amd64/v2", "linux/amd64/v2")]
    [InlineData("linux/AMD64/V3", "linux/amd64/v3")]
    [InlineData("Linux/x86_64", "linux/amd64")]
    [InlineData("linux/x86-64/v1", "linux/amd64")]
    [InlineData("linux/i386", "linux/386")]
    [InlineData("linux/i386/v1", "linux/386")]
    [InlineData("linux/386", "linux/386")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("linux/arm64/8", "linux/arm64")]
    [InlineData("linux/arm64/v8.0", "linux/arm64")]
    [InlineData("linux/arm64/v8.1", "linux/arm64/v8.1")]
    [InlineData("linux/arm64/9", "linux/arm64/v9")]
    [InlineData("linux/arm64/v9.0", "linux/arm64/v9")]
    [InlineData("linux/armhf", "linux/arm/v7")]
    [InlineData("linux/armhf/v6", "linux/arm/v7")]
    [InlineData("linux/armel", "linux/arm/v6")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/arm/7", "linux/arm/v7")]
    [InlineData("linux/arm/5", "linux/arm/v5")]
    [InlineData("linux/arm/6", "linux/arm/v6")]
    [InlineData("linux/arm/8", "linux/arm/v8")]
    [InlineData("linux/arm/v6", "linux/arm/v6")]
    [InlineData("linux/arm/4", "linux/arm/4")]
    [InlineData("macos/arm64", "darwin/arm64")]
    [InlineData("MacOS/ARM64", "darwin/arm64")]
    [InlineData("windows/amd64", "windows/amd64")]
    [InlineData("linux/s390x", "linux/s390x")]
    [InlineData("linux/ppc64le", "linux/ppc64le")]
    [InlineData("linux/riscv64", "linux/riscv64")]
    [InlineData("linux/mips64le/hardfloat", "linux/mips64le/hardfloat")]
    [InlineData("wasi/wasm", "wasi/wasm")]
    [InlineData("unknown/unknown", "unknown/unknown")]
    public void A_platform_is_brought_into_normal_form(string text, string normal)
    {
        var platform = Platform.Parse(text);

        Assert.Equal(normal, platform.ToString());
        Assert.Equal(platform, Platform.Parse(normal));
        Assert.Equal(platform, platform.Normalised());
    }

    [Theory]
    [InlineData("")]
    [InlineData("linux")]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("linux/")]
    [InlineData("/amd64")]
    [InlineData("linux//v7")]
    [InlineData("linux/arm/")]
    [InlineData("linux/arm/v7/x")]
    [InlineData("linux/amd64\n")]
    [InlineData("\nlinux/amd64")]
    [InlineData("linux /amd64")]
    [InlineData("linux/amd64 ")]
    [InlineData("linux\\amd64")]
    [InlineData("linux:amd64")]
    [InlineData("linux/amd64,linux/arm64")]
    [InlineData("windows(10.0.17763)/amd64")]
    [InlineData("linux/amd64+v2")]
    [InlineData("linu\u0445/amd64")]
    [InlineData("\u017Flinux/amd64")]
    [InlineData("\u212Alinux/amd64")]
    [InlineData("linux/amd\uFF16\uFF14")]
    [InlineData("linux/arm/v\u0667")]
    [InlineData("l\u0130nux/amd64")]
    [InlineData("linux/\0")]
    [InlineData("linux/abcdefghijklmnopqrstuvwxyz0123456")]
    public void A_text_that_is_no_platform_is_refused(string text)
    {
        Assert.False(Platform.TryParse(text, out var platform));
        Assert.Null(platform);
        Assert.Throws<FormatException>(() => Platform.Parse(text));
    }

    [Fact]
    public void A_text_of_slashes_without_end_is_refused() => Assert.False(Platform.TryParse(new string('/', 1_000_000), out _));

    [Fact]
    public void No_text_is_no_platform() => Assert.False(Platform.TryParse(null, out _));

    [Fact]
    public void Words_are_taken_up_to_their_limit()
    {
        var word = new string('a', Platform.MaxWordLength);

        Assert.True(Platform.TryParse($"{word}/{word}/{word}", out _));
        Assert.False(Platform.TryParse($"{word}a/{word}", out _));
        Assert.False(Platform.TryParse($"{word}/{word}/{word}a", out _));
    }

    [Theory]
    [InlineData(Cpu.X64, "linux/amd64")]
    [InlineData(Cpu.X86, "linux/386")]
    [InlineData(Cpu.Arm64, "linux/arm64")]
    [InlineData(Cpu.Arm, "linux/arm/v7")]
    [InlineData(Cpu.Armv6, "linux/arm/v6")]
    [InlineData(Cpu.S390x, "linux/s390x")]
    [InlineData(Cpu.Ppc64le, "linux/ppc64le")]
    [InlineData(Cpu.LoongArch64, "linux/loong64")]
    [InlineData(Cpu.RiscV64, "linux/riscv64")]
    public void The_hosts_cpu_is_named_in_gos_words(Cpu cpu, string expected) =>
        Assert.Equal(expected, Platform.Of("linux", cpu).ToString());

    [Fact]
    public void The_host_is_a_platform_in_normal_form()
    {
        Assert.Equal(Platform.Host, Platform.Parse(Platform.Host.ToString()));
        Assert.Equal(OperatingSystem.IsLinux(), Platform.Host.Os is "linux");
    }

    [Fact]
    public void Json_has_the_specs_names_and_no_nulls()
    {
        var windows = new Platform { Os = "windows", Architecture = "amd64", OsVersion = "10.0.17763.1", OsFeatures = ["win32k"] };

        Assert.Equal("""{"os":"linux","architecture":"arm","variant":"v7"}""", JsonSerializer.Serialize(Platform.Parse("linux/arm")));
        Assert.Equal("""{"os":"windows","architecture":"amd64","os.version":"10.0.17763.1","os.features":["win32k"]}""", JsonSerializer.Serialize(windows));
        Assert.Equal(Platform.Parse("linux/arm"), JsonSerializer.Deserialize<Platform>("""{"os":"linux","architecture":"arm","variant":"v7"}"""));
    }

    [Fact]
    public void Whatever_is_taken_survives_print_and_parse() =>
        Gen.String[Gen.Char["aAvV0123456789_-./armhelxi"], 0, 20].Sample(text =>
            !Platform.TryParse(text, out var platform) || Platform.Parse(platform.ToString()) == platform, iter: 20_000);
}
