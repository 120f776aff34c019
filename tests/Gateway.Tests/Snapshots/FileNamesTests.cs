using CsCheck;
using Gateway.Snapshots.Trees;

namespace Gateway.Tests.Snapshots;

/// <summary>Names of files are bytes; as text nothing of them is lost.</summary>
public sealed class FileNamesTests
{
    [Fact]
    public void Any_bytes_come_back_from_their_text() => Gen.Byte[1, 255].Array[1, 40].Sample(name =>
    {
        var text = FileNames.Text(name);
        Assert.Equal([.. name, 0], FileNames.Terminated(text));
        Assert.DoesNotContain('\ufffd', text);
    });

    [Theory]
    [InlineData("plain")]
    [InlineData("日本語 ä")]
    [InlineData("🐳")]
    [InlineData("\ue000 private \uf6ff")]
    public void Text_that_is_utf8_stays_as_it_is(string name) => Assert.Equal(name, FileNames.Text(System.Text.Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void Odd_bytes_are_shown_and_signs_that_stand_for_them_are_not_mistaken()
    {
        Assert.Equal("caf\uf7e9", FileNames.Text([(byte)'c', (byte)'a', (byte)'f', 0xe9]));
        var sign = System.Text.Encoding.UTF8.GetBytes("\uf7e9");
        Assert.Equal([.. sign, 0], FileNames.Terminated(FileNames.Text(sign)));
        Assert.Equal(3, FileNames.Text(sign).Length);
    }
}
