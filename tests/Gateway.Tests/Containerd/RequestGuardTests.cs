using System.Runtime.CompilerServices;
using Gateway.Containerd;
using Gateway.Containerd.Services.Streaming;
using Gateway.Containerd.Types.Transfer;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Gateway.Tests.Containerd;

public sealed class RequestGuardTests
{
    private static readonly MessageDescriptor[] Sent;

    static RequestGuardTests()
    {
        RuntimeHelpers.RunClassConstructor(typeof(TypedAny).TypeHandle); // makes all descriptors, which two at once could break
        var services = Descriptors.Files.SelectMany(file => ((FileDescriptor)file.GetProperty("Descriptor")!.GetValue(null)!).Services);
        Sent =
        [
            .. services.SelectMany(service => service.Methods).Select(method => method.InputType).Where(input => !IsGoogles(input)).Distinct(),
            OCIRegistry.Descriptor, Gateway.Containerd.Types.Transfer.ImageStore.Descriptor, AuthResponse.Descriptor, StreamInit.Descriptor, // packed
        ];
    }

    /// <summary>Each message that is sent, lacking each of its nested messages and of theirs.</summary>
    public static TheoryData<IMessage, string> Deadly => [.. Sent.SelectMany(Lacking).Select(each => new TheoryDataRow<IMessage, string>(each.Message, each.Missing))];

    public static TheoryData<IMessage> Whole => [.. Sent.Select(message => new TheoryDataRow<IMessage>(Filled(message)))];

    [Theory]
    [MemberData(nameof(Deadly))]
    public void Request_without_a_nested_message_is_refused_and_named(IMessage request, string missing)
    {
        var refused = Assert.Throws<ArgumentException>(() => RequestGuard.Check(request));
        Assert.Contains($"lacks {missing}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Whole))]
    public void Request_with_all_its_messages_passes(IMessage request) => RequestGuard.Check(request);

    [Fact]
    public void Those_that_are_known_to_end_a_daemon_are_among_them() => Assert.Superset(
        new HashSet<string>
        {
            "CreateImageRequest image", "CreateImageRequest target", "UpdateImageRequest image", "UpdateImageRequest target", "UpdateRequest info", "ApplyRequest diff",
            "AddResourceRequest resource", "DeleteResourceRequest resource", "UpdateSnapshotRequest info", "CreateNamespaceRequest namespace", "UpdateNamespaceRequest namespace", "TransferRequest options",
        },
        Sent.SelectMany(message => Lacking(message).Select(each => $"{message.Name} {each.Missing}")).ToHashSet());

    private static IEnumerable<(IMessage Message, string Missing)> Lacking(MessageDescriptor message)
    {
        foreach (var field in NestedIn(message))
        {
            var without = Filled(message);
            field.Accessor.Clear(without);
            yield return (without, field.Name);
            foreach (var (nested, missing) in Lacking(field.MessageType))
            {
                var within = Filled(message);
                field.Accessor.SetValue(within, nested);
                yield return (within, missing);
            }
        }
    }

    private static IMessage Filled(MessageDescriptor message)
    {
        var filled = message.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in NestedIn(message))
        {
            field.Accessor.SetValue(filled, Filled(field.MessageType));
        }

        return filled;
    }

    // Timestamps and field masks are checked for nil by the daemon; its own messages are not.
    private static IEnumerable<FieldDescriptor> NestedIn(MessageDescriptor message) => message.Fields.InFieldNumberOrder()
        .Where(field => field is { FieldType: FieldType.Message, IsRepeated: false, IsMap: false } && !IsGoogles(field.MessageType));

    private static bool IsGoogles(MessageDescriptor message) => message.FullName.StartsWith("google.protobuf.", StringComparison.Ordinal);
}
