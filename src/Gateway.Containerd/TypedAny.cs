using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Containerd;

/// <summary>
/// The one place that packs and parses an <see cref="Any"/>. containerd's type URLs are bare names: <see cref="Any.Pack(IMessage)"/> always
/// writes a slash, which containerd does not know, and <c>Unpack</c> wants one.
/// </summary>
public static class TypedAny
{
    // Names of types are all that is asked of descriptors, and asked here alone.
    static TypedAny() => Descriptors.Make();

    /// <summary>Packs a message, which must be as whole as a request: containerd reads it with the same trust. The test of <see cref="RequestGuard"/> has a list of those.</summary>
    public static Any Pack(IMessage message)
    {
        RequestGuard.Check(message);
        return new Any { TypeUrl = message.Descriptor.FullName, Value = message.ToByteString() };
    }

    /// <summary>The message, or null where the value is of another type.</summary>
    public static T? Parse<T>(Any value)
        where T : class, IMessage<T>, new()
    {
        var message = new T();
        if (value.TypeUrl[(value.TypeUrl.LastIndexOf('/') + 1)..] != message.Descriptor.FullName)
        {
            return null;
        }

        message.MergeFrom(value.Value);
        return message;
    }
}
