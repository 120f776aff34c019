using Gateway.Containerd.Wire;

namespace Gateway.Tests.Containerd.Wire;

public sealed class HeaderBlockTests
{
    /// <summary>RFC 7541 appendix C.4 to C.6.</summary>
    [Theory]
    [InlineData("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com")]
    [InlineData("a8eb10649cbf", "no-cache")]
    [InlineData("25a849e95ba97d7f", "custom-key")]
    [InlineData("25a849e95bb8e8b4bf", "custom-value")]
    [InlineData("6402", "302")]
    [InlineData("aec3771a4b", "private")]
    [InlineData("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT")]
    [InlineData("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com")]
    [InlineData("", "")]
    public void Huffman_code_of_the_rfcs_examples_is_read(string coded, string text) => Assert.Equal(text, HuffmanCode.Decode(Convert.FromHexString(coded)));

    [Theory]
    [InlineData("ff")] // a whole octet of filling
    [InlineData("a8eb10649cbe")] // filled up with something else than ones
    [InlineData("ffffffffff")] // the end of the string, which is never sent
    [InlineData("fffffffe")]
    public void Malformed_huffman_code_is_refused(string coded) => Assert.Throws<InvalidDataException>(() => HuffmanCode.Decode(Convert.FromHexString(coded)));

    [Fact]
    public void Fields_are_read_as_they_were_written()
    {
        var headers = new Dictionary<string, string>
        {
            ["containerd-namespace"] = "default",
            ["containerd-lease"] = new string('x', 300),
            ["empty"] = "",
            ["long"] = new string('y', 127),
        };
        Assert.Equal(headers, HeaderBlock.Decode(HeaderBlock.Encode("/a.B/C", headers)));
    }

    /// <summary>What the RFC's appendix C.6.1 sends, with the names a gRPC server adds.</summary>
    [Fact]
    public void Indexed_and_literal_fields_of_every_form_are_read()
    {
        byte[] block =
        [
            0x20, // the dynamic table has size 0
            0x88, // :status: 200
            0x5f, 0x10, .. "application/grpc"u8, // content-type, to be indexed
            0x1f, 0x10, 0x10, .. "application/grpc"u8, // the same, never to be indexed
            0x40, 0x0b, .. "grpc-status"u8, 0x01, (byte)'0',
            0x10, 0x0c, .. "grpc-message"u8, 0x86, 0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf,
        ];
        Assert.Equal([("grpc-message", "no-cache"), ("grpc-status", "0")], HeaderBlock.Decode(block).Select(field => (field.Key, field.Value)).Order());
    }

    [Theory]
    [InlineData("80")] // entry 0
    [InlineData("be")] // entry 62, of the table that is empty
    [InlineData("7f00")] // a name of entry 63
    [InlineData("0085")]
    [InlineData("00ffffffffffff")]
    [InlineData("0001")]
    public void Malformed_block_is_refused(string block) => Assert.Throws<InvalidDataException>(() => HeaderBlock.Decode(Convert.FromHexString(block)));

    [Fact]
    public void Block_cut_anywhere_is_refused_or_shorter()
    {
        var block = HeaderBlock.Encode("/a.B/C", new Dictionary<string, string> { ["grpc-status"] = "5", ["grpc-message"] = "gone" });
        for (var length = 0; length < block.Length; length++)
        {
            try
            {
                Assert.True(HeaderBlock.Decode(block.AsSpan(0, length)).Count < 2);
            }
            catch (InvalidDataException)
            {
                // As it should be in the middle of a field.
            }
        }
    }
}
