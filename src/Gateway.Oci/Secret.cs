using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>A value that is never shown: it is read from JSON and written to none, and its text is stars. Who needs it says so, by <see cref="Reveal"/>.</summary>
[JsonConverter(typeof(ReadOnlyConverter))]
[DebuggerDisplay("***")]
public sealed class Secret(string value) : IEquatable<Secret>
{
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string value = value;

    /// <summary>In characters.</summary>
    public int Length => value.Length;

    /// <summary>Takes a text for one; there is no way back but <see cref="Reveal"/>.</summary>
    [return: NotNullIfNotNull(nameof(value))]
    public static implicit operator Secret?(string? value) => value is null ? null : new(value);

    /// <summary>The value, for what sends, seals or hashes it.</summary>
    public string Reveal() => value;

    /// <inheritdoc />
    public override string ToString() => "***";

    /// <summary>By value, in a time that tells nothing of where they differ.</summary>
    public bool Equals(Secret? other) =>
        other is not null && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(value.AsSpan()), MemoryMarshal.AsBytes(other.value.AsSpan()));

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc />
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(value);

    private sealed class ReadOnlyConverter : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType is JsonTokenType.String ? new Secret(reader.GetString()!) : throw new JsonException("a secret is a string");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
            throw new NotSupportedException("a secret is not serialised");
    }
}
