using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Gateway.Containerd;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Gateway.Tests.Containerd;

public sealed class DescriptorsTests
{
    // In a world of its own, in which no descriptor has been made yet. Once Google.Protobuf has no such dictionary, see whether Descriptors is still needed.
    [Fact]
    public void Whoever_packs_or_parses_first_makes_all_descriptors_before_two_could_be_made_at_once()
    {
        var world = new AssemblyLoadContext(name: null, isCollectible: true);
        var cache = world.LoadFromAssemblyPath(typeof(IMessage).Assembly.Location).GetType(typeof(FileDescriptor).FullName!)!
            .GetFields(BindingFlags.Static | BindingFlags.NonPublic).Single(field => field.FieldType.IsAssignableTo(typeof(IDictionary)));
        var containerd = world.LoadFromAssemblyPath(typeof(ContainerdClient).Assembly.Location);
        int Made() => ((IDictionary)cache.GetValue(null)!).Count;

        RuntimeHelpers.RunClassConstructor(containerd.GetType(typeof(TypedAny).FullName!)!.TypeHandle);

        var made = Made();
        foreach (var message in containerd.GetTypes().Where(type => type.GetInterface(nameof(IMessage)) is not null))
        {
            Assert.NotNull(message.GetProperty("Descriptor", BindingFlags.Static | BindingFlags.Public)!.GetValue(null));
        }

        Assert.NotEqual(0, made);
        Assert.Equal(made, Made());
        world.Unload();
    }
}
