using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Gateway.Containerd;

/// <summary>
/// Refuses a request that lacks a nested message. containerd dereferences those without a check and has no panic recovery: one such
/// request ends the daemon, and with it every call of every client.
/// </summary>
internal static class RequestGuard
{
    private static readonly ConcurrentDictionary<MessageDescriptor, FieldDescriptor[]> Required = new();

    /// <summary>Throws <see cref="ArgumentException"/> naming the first absent message.</summary>
    public static void Check(IMessage request)
    {
        foreach (var field in Required.GetOrAdd(request.Descriptor, RequiredFieldsOf))
        {
            if (field.Accessor.GetValue(request) is not IMessage nested)
            {
                throw new ArgumentException($"{request.Descriptor.FullName} lacks {field.Name}, which would crash containerd", nameof(request));
            }

            Check(nested);
        }
    }

    // Timestamps and field masks are checked for nil by the daemon; its own messages are not.
    private static FieldDescriptor[] RequiredFieldsOf(MessageDescriptor message) =>
        message.Fields.InFieldNumberOrder()
            .Where(field => field is { FieldType: FieldType.Message, IsRepeated: false, IsMap: false }
                && !field.MessageType.FullName.StartsWith("google.protobuf.", StringComparison.Ordinal))
            .ToArray();
}
