using CsCheck;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>The chances of one request. The same seed and number throw the same.</summary>
internal sealed class Dice(ulong seed, uint number)
{
    private readonly PCG pcg = new(number, seed);

    public T Of<T>(Gen<T> gen) => gen.Generate(pcg, null, out _);

    public int Below(int most) => most <= 1 ? 0 : Of(Gen.Int[0, most - 1]);

    public bool Percent(int chance) => Of(Gen.Int[0, 99]) < chance;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];
}
