using Gateway.Containerd;
using Gateway.Containerd.Services.Streaming;
using Gateway.Containerd.Types.Transfer;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Tests.Containerd;

public sealed class TypedAnyTests
{
    [Fact]
    public void Type_url_is_the_bare_name_that_containerd_looks_up()
    {
        Assert.Equal("containerd.services.streaming.v1.StreamInit", TypedAny.Pack(new StreamInit { Id = "x" }).TypeUrl);
        Assert.Equal("containerd.types.transfer.OCIRegistry", TypedAny.Pack(new OCIRegistry { Resolver = new RegistryResolver() }).TypeUrl);
        Assert.Equal("containerd.types.transfer.ImageStore", TypedAny.Pack(new Gateway.Containerd.Types.Transfer.ImageStore()).TypeUrl);
        Assert.Equal("containerd.types.transfer.AuthResponse", TypedAny.Pack(new AuthResponse()).TypeUrl);
    }

    [Theory]
    [InlineData("")]
    [InlineData("type.googleapis.com/")]
    public void Message_is_read_whatever_stands_before_its_name(string prefix)
    {
        var packed = TypedAny.Pack(new AuthRequest { Host = "registry.test" });
        packed.TypeUrl = prefix + packed.TypeUrl;
        Assert.Equal("registry.test", TypedAny.Parse<AuthRequest>(packed)!.Host);
    }

    [Fact]
    public void Message_of_another_type_is_not_read() => Assert.Null(TypedAny.Parse<AuthRequest>(TypedAny.Pack(new StreamInit { Id = "x" })));

    [Fact]
    public void Empty_answer_is_no_message_of_another_type() => Assert.Null(TypedAny.Parse<Progress>(TypedAny.Pack(new Empty())));

    [Fact]
    public void Message_with_a_part_missing_is_refused_as_a_request_is()
    {
        var refused = Assert.Throws<ArgumentException>(() => TypedAny.Pack(new OCIRegistry { Reference = "x" }));
        Assert.Contains("lacks resolver", refused.Message, StringComparison.Ordinal);
    }
}
