using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>With a registry that serves what it is told.</summary>
public sealed class RegistryArea(Nodes nodes) : Area(nodes)
{
    public ScriptedRegistry Registry { get; private set; } = null!;

    protected override async Task PrepareAsync() => Registry = await ScriptedRegistry.StartAsync();

    protected override async Task ReleaseAsync() => await Registry.DisposeAsync();
}
