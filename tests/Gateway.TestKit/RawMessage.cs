using Google.Protobuf;

namespace Gateway.TestKit;

/// <summary>A message of protobuf's by its field numbers, without a schema.</summary>
internal sealed class RawMessage
{
    private readonly Dictionary<int, List<ByteString>> texts = [];
    private readonly Dictionary<int, ulong> numbers = [];

    /// <param name="bytes">Of one message, or of several of its kind, one after the other: protobuf takes them for one.</param>
    public RawMessage(CodedInputStream bytes)
    {
        while (bytes.ReadTag() is var tag and not 0)
        {
            var field = WireFormat.GetTagFieldNumber(tag);
            switch (WireFormat.GetTagWireType(tag))
            {
                case WireFormat.WireType.LengthDelimited:
                    if (!texts.TryGetValue(field, out var values))
                    {
                        texts[field] = values = [];
                    }

                    values.Add(bytes.ReadBytes());
                    break;
                case WireFormat.WireType.Varint:
                    numbers[field] = bytes.ReadUInt64();
                    break;
                default:
                    bytes.SkipLastField();
                    break;
            }
        }
    }

    public IEnumerable<RawMessage> Messages(int field) => All(field).Select(bytes => new RawMessage(bytes.CreateCodedInput()));

    /// <summary>Empty where it is not there.</summary>
    public string Text(int field) => All(field).LastOrDefault()?.ToStringUtf8() ?? "";

    public ulong Number(int field) => numbers.GetValueOrDefault(field);

    public IReadOnlyDictionary<string, string> Map(int field) => Messages(field).ToDictionary(entry => entry.Text(1), entry => entry.Text(2), StringComparer.Ordinal);

    private List<ByteString> All(int field) => texts.GetValueOrDefault(field) ?? [];
}
