using System.Runtime.CompilerServices;

namespace Gateway.Containerd;

/// <summary>
/// The protos' descriptors, which messages are written and read without. Google.Protobuf makes each when it is first asked for, by way of a dictionary that nothing guards (protocolbuffers/protobuf#29696):
/// two that are made at the same moment can break one another, and the calls of a broken one fail for as long as the process lives.
/// </summary>
internal static class Descriptors
{
    /// <summary>The generated class of each proto, whose <c>Descriptor</c> is the file's.</summary>
    public static IEnumerable<Type> Files =>
        typeof(Descriptors).Assembly.GetTypes().Where(type => type is { IsAbstract: true, IsSealed: true } && type.Name.EndsWith("Reflection", StringComparison.Ordinal));

    /// <summary>Makes all of them, one after the other.</summary>
    public static void Make()
    {
        foreach (var file in Files)
        {
            RuntimeHelpers.RunClassConstructor(file.TypeHandle);
        }
    }
}
