using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Jobs;

/// <summary>Enums as the contract spells them: camelCase names, never numbers.</summary>
internal sealed class WireEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;

internal static class WireEnum
{
    /// <summary>The name on the wire, in the store and in metrics.</summary>
    public static string Spell<T>(this T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
