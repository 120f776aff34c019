using System.Text;
using CsCheck;
using Gateway.Oci;
using static Gateway.Tests.Oci.Documents;

namespace Gateway.Tests.Oci;

public sealed class ImageConfigTests
{
    private const string Whole = $$$"""
        {
          "created": "2024-05-22T18:18:12.052034407Z", "author": "Acme", "architecture": "arm64", "variant": "v8", "os": "linux",
          "config": {
            "Hostname": "", "User": "app:app", "Env": ["PATH=/usr/bin", "EMPTY="], "Entrypoint": ["/app"], "Cmd": ["serve", "--port=80"],
            "WorkingDir": "/srv", "ExposedPorts": {"80/tcp": {}, "53/udp": null}, "Volumes": {"/data": {}}, "StopSignal": "SIGQUIT",
            "Labels": {"org.opencontainers.image.title": "app"}, "Healthcheck": {"Test": ["CMD", "true"]}, "OnBuild": null
          },
          "rootfs": {"type": "layers", "diff_ids": ["{{{DigestA}}}", "{{{DigestB}}}"]},
          "history": [
            {"created": "2024-05-22T18:18:11Z", "created_by": "/bin/sh -c #(nop) ADD file", "author": "a", "comment": "c"},
            {"created_by": "CMD [\"serve\"]", "empty_layer": true}
          ],
          "docker_version": "27.0", "container_config": {"Cmd": ["x"]}, "moby.buildkit.buildinfo.v1": "e30="
        }
        """;

    [Fact]
    public void A_config_is_read_with_all_its_fields()
    {
        var config = Whole.AsConfig();

        Assert.Equal(Platform.Parse("linux/arm64"), config.Platform);
        Assert.Equal(new DateTimeOffset(2024, 5, 22, 18, 18, 12, TimeSpan.Zero).AddTicks(520344), config.Created);
        Assert.Equal("Acme", config.Author);
        Assert.Equal([DigestA, DigestB], config.DiffIds.Select(id => id.ToString()));
        Assert.Equal(("app:app", "/srv", "SIGQUIT"), (config.Execution.User, config.Execution.WorkingDir, config.Execution.StopSignal));
        Assert.Equal(["PATH=/usr/bin", "EMPTY="], config.Execution.Env);
        Assert.Equal(["/app"], config.Execution.Entrypoint);
        Assert.Equal(["serve", "--port=80"], config.Execution.Cmd);
        Assert.Equal(["80/tcp", "53/udp"], config.Execution.ExposedPorts);
        Assert.Equal(["/data"], config.Execution.Volumes);
        Assert.Equal("app", config.Execution.Labels["org.opencontainers.image.title"]);
    }

    [Fact]
    public void Its_history_tells_each_step()
    {
        var history = Whole.AsConfig().History;

        Assert.Equal(2, history.Count);
        Assert.Equal(("/bin/sh -c #(nop) ADD file", "a", "c", false), (history[0].CreatedBy, history[0].Author, history[0].Comment, history[0].EmptyLayer));
        Assert.Equal(new DateTimeOffset(2024, 5, 22, 18, 18, 11, TimeSpan.Zero), history[0].Created);
        Assert.Null(history[1].Created);
        Assert.True(history[1].EmptyLayer);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"config":null,"rootfs":null,"history":null,"created":null,"author":null,"os":null,"architecture":null}""")]
    [InlineData("""{"config":{},"rootfs":{},"history":[],"os":"","architecture":""}""")]
    [InlineData("""{"config":{"Env":null,"Cmd":null,"Entrypoint":null,"Volumes":null,"ExposedPorts":null,"Labels":null},"rootfs":{"type":"","diff_ids":null}}""")]
    public void Absent_null_and_empty_are_the_same(string json)
    {
        var config = json.AsConfig();

        Assert.Null(config.Platform);
        Assert.Null(config.Created);
        Assert.Empty(config.DiffIds);
        Assert.Empty(config.History);
        Assert.Empty(config.Execution.Env);
        Assert.Empty(config.Execution.Entrypoint);
        Assert.Empty(config.Execution.Cmd);
        Assert.Empty(config.Execution.ExposedPorts);
        Assert.Empty(config.Execution.Volumes);
        Assert.Empty(config.Execution.Labels);
    }

    [Theory]
    [InlineData("""{"os":"linux","architecture":"amd64"}""", "linux/amd64")]
    [InlineData("""{"os":"Linux","architecture":"x86_64"}""", "linux/amd64")]
    [InlineData("""{"os":"linux","architecture":"arm","variant":"v6"}""", "linux/arm/v6")]
    [InlineData("""{"os":"windows","architecture":"amd64","os.version":"10.0.20348.1"}""", "windows/amd64")]
    public void The_platform_is_in_normal_form(string json, string expected) => Assert.Equal(expected, json.AsConfig().Platform!.ToString());

    [Fact]
    public void A_missing_os_is_the_hosts_as_in_containerd() =>
        Assert.Equal($"{Platform.Host.Os}/amd64", """{"architecture":"amd64"}""".AsConfig().Platform!.ToString());

    [Fact]
    public void Windows_versions_and_features_are_kept()
    {
        var platform = """{"os":"windows","architecture":"amd64","os.version":"10.0.20348.1","os.features":["win32k"]}""".AsConfig().Platform!;

        Assert.Equal("10.0.20348.1", platform.OsVersion);
        Assert.Equal(["win32k"], platform.OsFeatures!);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1970-01-01T00:00:00Z")]
    [InlineData("2024-05-22T18:18:12+02:00")]
    [InlineData("2024-05-22T18:18:12.123456789-11:30")]
    [InlineData("9999-12-31T23:59:59.999999999Z")]
    public void Times_are_read_as_rfc_3339(string time) => Assert.NotNull($$"""{"created":"{{time}}"}""".AsConfig().Created);

    [Theory]
    [InlineData("")]
    [InlineData("Z")]
    [InlineData("TZ")]
    [InlineData("2024-05-22")]
    [InlineData("2024-05-22T18:18:12")]
    [InlineData("2024-05-22 18:18:12Z")]
    [InlineData("2024-13-22T18:18:12Z")]
    [InlineData("2024-02-30T18:18:12Z")]
    [InlineData("2024-05-22T25:18:12Z")]
    [InlineData("2024-05-22T18:18:12Z ")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("yesterday")]
    [InlineData("1716401892")]
    public void What_is_no_time_is_refused(string time)
    {
        Assert.Contains("created", Refusal(() => $$"""{"created":"{{time}}"}""".AsConfig()), StringComparison.Ordinal);
        Assert.Contains("history[0].created", Refusal(() => $$$"""{"history":[{"created":"{{{time}}}"}]}""".AsConfig()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"config":{"env":["A=b"],"CMD":["c"],"entrypoint":["e"],"workingdir":"/w"}}""")]
    [InlineData("""{"config":{"Env":["A=b"],"Cmd":["c"],"Entrypoint":["e"],"WorkingDir":"/w"}}""")]
    [InlineData("""{"config":{"ENV":["A=b"],"cmd":["c"],"EntryPoint":["e"],"\u0057orkingdir":"/w"}}""")]
    public void The_hand_written_part_is_read_in_any_case_as_in_go(string json)
    {
        var execution = json.AsConfig().Execution;

        Assert.Equal(["A=b", "c", "e", "/w"], [.. execution.Env, .. execution.Cmd, .. execution.Entrypoint, execution.WorkingDir!]);
    }

    [Theory]
    [InlineData("""{"config":{"Cmd":["a"],"cmd":["b"]}}""", "config.Cmd")]
    [InlineData("""{"config":{"cmd":["a"],"CMD":["b"]}}""", "config.Cmd")]
    [InlineData("""{"config":{"Cmd":["a"],"Cmd":["b"]}}""", "twice")]
    [InlineData("""{"config":{"U\u017Fer":"a","User":"b"}}""", "config.User")]
    [InlineData("""{"Config":{}}""", "config")]
    [InlineData("""{"RootFS":{}}""", "rootfs")]
    [InlineData("""{"rootfs":{"diff_ids":[],"Diff_Ids":[]}}""", "rootfs.diff_ids")]
    [InlineData("""{"OS":"linux"}""", "os")]
    [InlineData("""{"config":[]}""", "config is not a JSON object")]
    [InlineData("""{"config":{"Cmd":"sh -c x"}}""", "config.Cmd")]
    [InlineData("""{"config":{"Cmd":[1]}}""", "config.Cmd")]
    [InlineData("""{"config":{"Env":[null]}}""", "config.Env")]
    [InlineData("""{"config":{"Env":{"A":"b"}}}""", "config.Env")]
    [InlineData("""{"config":{"User":0}}""", "config.User")]
    [InlineData("""{"config":{"ExposedPorts":["80/tcp"]}}""", "config.ExposedPorts")]
    [InlineData("""{"config":{"Volumes":"/data"}}""", "config.Volumes")]
    [InlineData("""{"config":{"Labels":["a=b"]}}""", "config.Labels")]
    [InlineData("""{"config":{"Labels":{"a":1}}}""", "config.Labels")]
    [InlineData("""{"rootfs":[]}""", "rootfs")]
    [InlineData("""{"rootfs":{"type":"layers+base"}}""", "rootfs.type")]
    [InlineData("""{"rootfs":{"diff_ids":"x"}}""", "rootfs.diff_ids")]
    [InlineData("""{"rootfs":{"diff_ids":["x"]}}""", "rootfs.diff_ids[0]")]
    [InlineData("""{"rootfs":{"diff_ids":[null]}}""", "rootfs.diff_ids[0]")]
    [InlineData("""{"rootfs":{"diff_ids":["sha256:../../x"]}}""", "rootfs.diff_ids[0]")]
    [InlineData("""{"history":{}}""", "history")]
    [InlineData("""{"history":[1]}""", "history[0]")]
    [InlineData("""{"history":[{"empty_layer":"true"}]}""", "history[0].empty_layer")]
    [InlineData("""{"history":[{"created_by":1}]}""", "history[0].created_by")]
    [InlineData("""{"author":{}}""", "author")]
    [InlineData("""{"architecture":"am d64"}""", "architecture")]
    [InlineData("""{"architecture":64}""", "architecture")]
    public void A_hostile_config_is_refused(string json, string because) =>
        Assert.Contains(because, Refusal(() => json.AsConfig()), StringComparison.Ordinal);

    [Fact]
    public void Counts_are_taken_up_to_their_limit_and_no_further()
    {
        static string DiffIds(int count) => $$$"""{"rootfs":{"diff_ids":[{{{string.Join(',', Enumerable.Repeat($"\"{DigestA}\"", count))}}}]}}""";
        static string History(int count) => $$"""{"history":[{{string.Join(',', Enumerable.Repeat("{}", count))}}]}""";

        Assert.Equal(DocumentLimits.MaxLayers, DiffIds(DocumentLimits.MaxLayers).AsConfig().DiffIds.Count);
        Assert.Equal(DocumentLimits.MaxHistory, History(DocumentLimits.MaxHistory).AsConfig().History.Count);
        Assert.Contains("at most 512", Refusal(() => DiffIds(DocumentLimits.MaxLayers + 1).AsConfig()), StringComparison.Ordinal);
        Assert.Contains("at most 1024", Refusal(() => History(DocumentLimits.MaxHistory + 1).AsConfig()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Env", true)]
    [InlineData("Cmd", true)]
    [InlineData("Entrypoint", true)]
    [InlineData("ExposedPorts", false)]
    [InlineData("Volumes", false)]
    public void Execution_lists_are_taken_up_to_their_limit_and_no_further(string field, bool isArray)
    {
        string Config(int count)
        {
            var entries = string.Join(',', Enumerable.Range(0, count).Select(i => isArray ? $"\"{i}\"" : $"\"{i}\":{{}}"));
            return "{\"config\":{\"" + field + "\":" + (isArray ? $"[{entries}]" : "{" + entries + "}") + "}}";
        }

        var execution = Config(DocumentLimits.MaxExecutionEntries).AsConfig().Execution;

        Assert.Equal(DocumentLimits.MaxExecutionEntries,
            new[] { execution.Env, execution.Cmd, execution.Entrypoint, execution.ExposedPorts, execution.Volumes }.Sum(list => list.Count));
        Assert.Contains("at most 4096", Refusal(() => Config(DocumentLimits.MaxExecutionEntries + 1).AsConfig()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(2, 2, true)]
    [InlineData(0, 1, false)]
    [InlineData(1, 0, false)]
    [InlineData(1, 2, false)]
    [InlineData(3, 2, false)]
    public void A_config_fits_a_manifest_with_a_layer_for_each_diff_id(int diffIds, int layers, bool fits)
    {
        var config = $$$"""{"rootfs":{"diff_ids":[{{{string.Join(',', Enumerable.Repeat($"\"{DigestA}\"", diffIds))}}}]}}""".AsConfig();
        var manifest = Manifest(layers: string.Join(',', Enumerable.Repeat(Descriptor(MediaTypes.OciLayer), layers))).AsManifest();

        Assert.Equal(fits ? null : OciFault.ManifestInvalid, FaultOf(() => config.RequireFits(manifest)));
    }

    [Fact]
    public void A_good_config_with_bytes_changed_is_taken_or_refused_and_nothing_else()
    {
        var good = Encoding.UTF8.GetBytes(Whole);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, good.Length - 1], Gen.Byte).Sample((i, x, j, y) =>
        {
            var bytes = (byte[])good.Clone();
            (bytes[i], bytes[j]) = (x, y);
            FaultOf(() => ImageConfig.Parse(bytes));
            FaultOf(() => ImageConfig.Parse(bytes.AsSpan(i)));
        }, iter: 10_000);
    }
}
