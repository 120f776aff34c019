using CsCheck;
using Gateway.Oci;
using static Gateway.Tests.Oci.Documents;

namespace Gateway.Tests.Oci;

/// <summary>What holds of the matcher whatever an index has and whatever is wanted.</summary>
public sealed class PlatformMatcherProperties
{
    private static readonly string?[] Names =
    [
        null, "linux/amd64", "linux/amd64/v1", "linux/amd64/v2", "linux/amd64/v3", "linux/386", "linux/arm", "linux/arm/v5", "linux/arm/v6", "linux/arm/v8",
        "linux/arm64", "linux/arm64/v8", "linux/arm64/v8.2", "linux/arm64/v9", "linux/s390x", "windows/amd64", "darwin/arm64", "unknown/unknown", "Linux/X86_64",
    ];

    private static readonly Gen<string?> Name = Gen.Int[0, Names.Length - 1].Select(i => Names[i]);
    private static readonly Gen<Platform> Wanted = Gen.Int[1, Names.Length - 1].Select(i => Platform.Parse(Names[i]!));
    private static readonly Gen<ImageIndex> AnyIndex = Name.Array[0, 12].Select(names => Index(string.Join(',', names.Select((name, i) => Entry(name, i + 1)))).AsIndex());

    [Fact]
    public void Candidates_are_the_images_that_are_accepted_or_unnamed() => Gen.Select(Wanted, AnyIndex).Sample((wanted, index) =>
    {
        var expected = PlatformMatcher.Images(index).Where(entry => entry.Platform is null || PlatformMatcher.Accepts(wanted, entry.Platform));
        return PlatformMatcher.Candidates(wanted, index).Select(entry => entry.Size).Order().SequenceEqual(expected.Select(entry => entry.Size).Order());
    });

    [Fact]
    public void The_wanted_platform_itself_is_chosen_where_it_is_there() => Gen.Select(Wanted, AnyIndex).Sample((wanted, index) =>
    {
        var first = PlatformMatcher.Images(index).FirstOrDefault(entry => entry.Platform == wanted);
        return first is null || PlatformMatcher.Choose(wanted, index) == first;
    });

    [Fact]
    public void An_unnamed_entry_never_precedes_a_named_one() => Gen.Select(Wanted, AnyIndex).Sample((wanted, index) =>
        !PlatformMatcher.Candidates(wanted, index).SkipWhile(entry => entry.Platform is not null).Any(entry => entry.Platform is not null));

    [Fact]
    public void Choose_takes_the_first_candidate_or_tells_that_there_is_none() => Gen.Select(Wanted, AnyIndex).Sample((wanted, index) =>
    {
        var best = PlatformMatcher.Candidates(wanted, index) is [var first, ..] ? first : null;
        return best is null
            ? FaultOf(() => PlatformMatcher.Choose(wanted, index)) is OciFault.PlatformNotFound
            : PlatformMatcher.Choose(wanted, index) == best;
    });

    [Fact]
    public void Acceptance_carries_over() => Gen.Select(Wanted, Wanted, Wanted).Sample((a, b, c) =>
        !(PlatformMatcher.Accepts(a, b) && PlatformMatcher.Accepts(b, c)) || PlatformMatcher.Accepts(a, c), iter: 10_000);

    [Fact]
    public void Everything_accepts_itself_and_only_itself_both_ways() => Gen.Select(Wanted, Wanted).Sample((a, b) =>
        PlatformMatcher.Accepts(a, a) && (!(PlatformMatcher.Accepts(a, b) && PlatformMatcher.Accepts(b, a)) || a == b), iter: 10_000);
}
