namespace Gateway.ContainerdTests.BadInput;

/// <summary>What a registry answers, as a caller is told of it who has an image resolved.</summary>
public sealed class RegistryTests(RegistryArea area) : IClassFixture<RegistryArea>
{
    public static TheoryData<string> Names => [.. RegistryData.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Manifest_that_cannot_be_trusted_is_told_as_what_it_is(string name)
    {
        var (image, expected) = RegistryData.All[name];
        var reference = area.Registry.Add($"acme/bad:{Math.Abs(name.GetHashCode(StringComparison.Ordinal))}", image);
        return Refusal.IsAsync(area, "POST", "{ns}/images/resolve", $$"""{"reference":"{{reference}}"}""", expected);
    }
}
