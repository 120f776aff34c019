using Gateway.Audit;

namespace Gateway.Tests.Audit;

/// <summary>Whatever is done to the lines is found, by the command and by the start.</summary>
public sealed class AuditChainTests : IDisposable
{
    private readonly AuditTrial trial = new();

    public void Dispose() => trial.Dispose();

    public static TheoryData<string> Changes =>
    [
        "first line removed", "middle line removed", "two lines swapped", "line repeated", "line emptied", "line of text", "subject changed", "status changed",
        "hash changed", "previous changed", "sequence changed", "line forged with a right hash", "lines before a forged one removed", "line too long",
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Change_is_found_by_the_command_and_refuses_the_start(string change)
    {
        await trial.WriteAsync(5);
        await File.WriteAllLinesAsync(trial.Path, Changed([.. trial.Lines], change));

        var (isWhole, text) = VerifyAuditCommand.Verify(trial.Path);
        Assert.False(isWhole, text);
        Assert.Contains("the chain is broken", text);
        var refused = Assert.Throws<AuditException>(trial.Open).Message;
        Assert.Contains("the audit is broken", refused);
        Assert.Contains("away together", refused);
    }

    [Fact]
    public async Task Each_flipped_bit_is_found()
    {
        await trial.WriteAsync(2);
        var whole = await File.ReadAllBytesAsync(trial.Path);
        // The last byte ends the last line: without it that line is one that a crash has cut.
        for (var i = 0; i < whole.Length - 1; i++)
        {
            var flipped = whole.ToArray();
            flipped[i] ^= (byte)(1 << (i % 8));
            await File.WriteAllBytesAsync(trial.Path, flipped);
            Assert.False(trial.IsWhole(), $"byte {i}");
        }

        await File.WriteAllBytesAsync(trial.Path, whole);
        Assert.True(trial.IsWhole());
    }

    [Fact]
    public async Task Command_names_the_first_broken_line_and_counts_what_came_before()
    {
        await trial.WriteAsync(3);
        using (var audit = trial.Open())
        {
            await audit.AppendAsync(AuditTrial.Intent());
        }

        Assert.Contains("7 records in 1 files, 1 intents without a result", VerifyAuditCommand.Verify(trial.Path).Text);
        await File.WriteAllLinesAsync(trial.Path, Changed([.. trial.Lines], "two lines swapped"));
        var text = VerifyAuditCommand.Verify(trial.Path).Text;
        Assert.Contains($"{trial.Path}, line 4: ", text);
        Assert.Contains("3 records", text);
    }

    [Fact]
    public void Command_without_an_audit_says_so() => Assert.False(VerifyAuditCommand.Verify(trial.Path).IsWhole);

    private static List<string> Changed(List<string> lines, string change)
    {
        switch (change)
        {
            case "first line removed":
                lines.RemoveAt(0);
                break;
            case "middle line removed":
                lines.RemoveAt(4);
                break;
            case "two lines swapped":
                (lines[3], lines[4]) = (lines[4], lines[3]);
                break;
            case "line repeated":
                lines.Insert(4, lines[4]);
                break;
            case "line emptied":
                lines[4] = "";
                break;
            case "line of text":
                lines[4] = "nothing happened here";
                break;
            case "line too long":
                lines[4] = new string('x', 100_000);
                break;
            case "line forged with a right hash":
                lines[4] = Forged(lines[4], record => record with { Subject = "key:mallory" });
                break;
            case "lines before a forged one removed":
                lines = [Forged(lines[4], record => record with { Previous = AuditChain.Origin }), .. lines[5..]];
                break;
            default:
                var (text, other) = change switch
                {
                    "subject changed" => ("key:alice", "key:blice"),
                    "status changed" => ("\"status\":200", "\"status\":201"),
                    "hash changed" => ("\"hash\":\"", "\"hash\":\"0"),
                    "previous changed" => ("\"previous\":\"", "\"previous\":\"0"),
                    _ => ("{\"sequence\":6", "{\"sequence\":7"),
                };
                Assert.Contains(text, lines[5]);
                lines[5] = lines[5].Replace(text, other, StringComparison.Ordinal);
                break;
        }

        return lines;
    }

    private static string Forged(string line, Func<AuditRecord, AuditRecord> change) =>
        System.Text.Encoding.UTF8.GetString(AuditLine.Write(change(AuditLine.Read(System.Text.Encoding.UTF8.GetBytes(line)))).Line).TrimEnd('\n');
}
