using System.Text;
using System.Text.Json.Nodes;
using Gateway.Oci;
using Gateway.Oci.Writing;

namespace Gateway.Tests.Oci.Writing;

public sealed class ConfigWriterTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static readonly NewLayer Layer = new(
        new Descriptor { MediaType = MediaTypes.OciLayerGzip, Digest = Digest.Parse(Documents.DigestB), Size = 7 }, Digest.Parse(Documents.DigestB));

    private static readonly string Base =
        $$$"""
        {"architecture":"amd64","os":"linux","vendor":{"z":1,"a":[1.0]},"author":"first","created":"2020-01-01T00:00:00Z",
        "config":{"Env":["PATH=/bin","A=1","B=${A}"],"Entrypoint":["/old"],"Cmd":["-x"],"User":"7","WorkingDir":"/w","StopSignal":"SIGTERM","OnBuild":["RUN x"],
        "ExposedPorts":{"80/tcp":{}},"Volumes":{"/v":{}},"Labels":{"b":"1"}},
        "rootfs":{"type":"layers","diff_ids":["{{{Documents.DigestA}}}"]},"history":[{"created_by":"first"}]}
        """;

    /// <summary>What each change makes of the base's execution parameters.</summary>
    public static TheoryData<string, ConfigChanges, string, string?> Changes => new()
    {
        { "a variable keeps its place, a new one comes last", new() { Env = ["A=2", "C=3"] }, "Env", """["PATH=/bin","A=2","B=${A}","C=3"]""" },
        { "the last of two values holds", new() { Env = ["C=1", "C=2"] }, "Env", """["PATH=/bin","A=1","B=${A}","C=2"]""" },
        { "a value may hold an equals sign", new() { Env = ["A=x=y"] }, "Env", """["PATH=/bin","A=x=y","B=${A}"]""" },
        { "no variable changes none", new() { Env = [] }, "Env", """["PATH=/bin","A=1","B=${A}"]""" },
        { "an entrypoint replaces", new() { Entrypoint = ["/new", "a b"] }, "Entrypoint", """["/new","a b"]""" },
        { "the base's command goes with its entrypoint", new() { Entrypoint = ["/new"] }, "Cmd", null },
        { "a command that is given stays", new() { Entrypoint = ["/new"], Cmd = ["-y"] }, "Cmd", """["-y"]""" },
        { "a command leaves the entrypoint", new() { Cmd = ["-y"] }, "Entrypoint", """["/old"]""" },
        { "an empty list removes", new() { Cmd = [] }, "Cmd", null },
        { "a user replaces", new() { User = "8:9" }, "User", "\"8:9\"" },
        { "an empty text removes", new() { User = "" }, "User", null },
        { "a directory replaces", new() { WorkingDir = "/x" }, "WorkingDir", "\"/x\"" },
        { "a signal replaces", new() { StopSignal = "9" }, "StopSignal", "\"9\"" },
        { "ports are added", new() { ExposedPorts = ["53/udp", "80/tcp"] }, "ExposedPorts", """{"80/tcp":{},"53/udp":{}}""" },
        { "volumes are added", new() { Volumes = ["/u"] }, "Volumes", """{"/v":{},"/u":{}}""" },
        { "labels are set, the others stay", new() { Labels = new Dictionary<string, string> { ["c"] = "é+<", ["a"] = "0" } }, "Labels", """{"b":"1","a":"0","c":"é+<"}""" },
        { "what is not named stays", new() { User = "8" }, "OnBuild", """["RUN x"]""" },
        { "nothing changes nothing", new(), "Env", """["PATH=/bin","A=1","B=${A}"]""" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Changes_are_made_as_documented(string what, ConfigChanges changes, string field, string? expected)
    {
        var config = Parsed(Write(Base, Image(changes)));
        var value = config["config"]![field];
        Assert.True(JsonNode.DeepEquals(expected is null ? null : JsonNode.Parse(expected), value), $"{what}: {value?.ToJsonString()}");
        Assert.Equal(expected is not null, config["config"]!.AsObject().ContainsKey(field));
    }

    [Fact]
    public void Base_keeps_its_unknown_fields_in_their_order_and_gets_layer_time_author_and_step()
    {
        var text = Write(Base, Image(new()) with { Author = "second", Comment = "why" });
        Assert.Equal(
            $$$"""
            {"architecture":"amd64","os":"linux","vendor":{"z":1,"a":[1.0]},"author":"second","created":"2026-01-31T12:00:00Z",
            "config":{"Env":["PATH=/bin","A=1","B=${A}"],"Entrypoint":["/old"],"Cmd":["-x"],"User":"7","WorkingDir":"/w","StopSignal":"SIGTERM","OnBuild":["RUN x"],
            "ExposedPorts":{"80/tcp":{}},"Volumes":{"/v":{}},"Labels":{"b":"1"}},
            "rootfs":{"type":"layers","diff_ids":["{{{Documents.DigestA}}}","{{{Documents.DigestB}}}"]},
            "history":[{"created_by":"first"},{"created":"2026-01-31T12:00:00Z","created_by":"test","author":"second","comment":"why"}]}
            """.ReplaceLineEndings(""), text);
    }

    [Fact]
    public void Author_of_the_base_stays_where_none_is_given() => Assert.Equal("first", (string?)Parsed(Write(Base, Image(new())))["author"]);

    [Fact]
    public void Another_spelling_of_a_field_is_replaced_and_not_doubled()
    {
        var config = Parsed(Write("""{"config":{"env":["A=1"],"CMD":["x"]}}""", Image(new() { Env = ["A=2"], Entrypoint = ["/e"] })));
        Assert.Equal("""{"Entrypoint":["/e"],"Env":["A=2"]}""", Sorted(config["config"]!.AsObject()));
    }

    [Fact]
    public void Several_layers_get_a_step_each_and_the_last_the_remark()
    {
        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes(Write(Base, Image(new()) with { Layers = [Layer, Layer, Layer], Comment = "why" })));
        Assert.Equal(4, config.DiffIds.Count);
        Assert.Equal([null, null, null, "why"], config.History.Select(step => step.Comment));
        Assert.All(config.History, step => Assert.False(step.EmptyLayer));
    }

    [Fact]
    public void No_layer_makes_a_step_that_says_so()
    {
        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes(Write(Base, Image(new()) with { Layers = [] })));
        Assert.Single(config.DiffIds);
        Assert.Equal([false, true], config.History.Select(step => step.EmptyLayer));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"config":null,"rootfs":null,"history":null}""")]
    [InlineData("""{"rootfs":{"type":""},"config":{"Env":null}}""")]
    public void Base_that_lacks_a_field_gets_it(string json)
    {
        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes(Write(json, Image(new() { Env = ["A=1"] }))));
        Assert.Equal([Layer.DiffId], config.DiffIds);
        Assert.Equal(["A=1"], config.Execution.Env);
        Assert.Single(config.History);
    }

    [Theory]
    [InlineData("linux/amd64", """{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]},"history":[]}""")]
    [InlineData("linux/arm/v6", """{"architecture":"arm","os":"linux","variant":"v6","config":{},"rootfs":{"type":"layers","diff_ids":[]},"history":[]}""")]
    public void Scratch_is_a_platform_and_nothing_else(string platform, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(ConfigWriter.Scratch(Platform.Parse(platform))));

    [Fact]
    public void Fraction_of_a_second_is_kept() =>
        Assert.Equal("2026-01-31T12:00:00.05Z", (string?)Parsed(Write(Base, Image(new()) with { Created = Time.AddMilliseconds(50) }))["created"]);

    [Fact]
    public void Base_that_cannot_be_read_is_refused() => Documents.Refusal(() => Write("""{"rootfs":{"diff_ids":["x"]}}""", Image(new())));

    private static NewImage Image(ConfigChanges changes) => new() { Layers = [Layer], Changes = changes, Created = Time, CreatedBy = "test" };

    private static string Write(string from, NewImage image) => Encoding.UTF8.GetString(ConfigWriter.Write(Encoding.UTF8.GetBytes(from), image));

    private static JsonObject Parsed(string text) => JsonNode.Parse(text)!.AsObject();

    private static string Sorted(JsonObject json) => "{" + string.Join(',', json.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"\"{member.Key}\":{member.Value!.ToJsonString()}")) + "}";
}
