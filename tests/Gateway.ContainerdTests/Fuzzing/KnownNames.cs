using System.Collections.Concurrent;
using CsCheck;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>Names that requests use: some are there, some come as they are made, some never are.</summary>
internal sealed class KnownNames
{
    /// <summary>The blob every namespace may be given: the digest of <c>hello</c>.</summary>
    public const string Hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private const string Zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    private const int MostMade = 64;

    private readonly Dictionary<string, string[]> fixedNames;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> made = new();

    /// <param name="registry">Host of the one registry there is.</param>
    /// <param name="digests">Of blobs that come with its images.</param>
    public KnownNames(string registry, IReadOnlyList<string> digests)
    {
        string[] images = [$"{registry}/acme/app:1", $"{registry}/acme/app:2", $"{registry}/acme/index:1"];
        string[] references = [.. images, $"{registry}/acme/absent:1", $"{registry}/acme/app@{Zeros}", "127.0.0.1:1/refused:1", $"{registry}/ACME/app"];
        fixedNames = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["namespace"] = ["fuzz-a", "fuzz-a", "fuzz-b", "fuzz-absent"],
            ["digest"] = [Hello, Zeros, .. digests],
            ["reference"] = references,
            ["source"] = references,
            ["target"] = [.. images, $"{registry}/acme/new:1", $"{registry}/acme/new:2"],
            ["base"] = references,
            ["snapshotter"] = ["overlayfs", "overlayfs", "overlayfs", "native", "absent"],
            ["lease"] = ["keep", "absent"],
            ["key"] = ["work", "view", "absent"],
            ["name"] = ["done", "fuzz-b", "fuzz-new"],
            ["parent"] = ["done", "absent"],
            ["id"] = ["keep", "absent", Hello, "work"],
            ["code"] = ["not_found", "absent"],
            ["ref"] = ["absent"],
            ["webhook"] = ["absent"],
            ["delivery"] = ["absent"],
            ["kind"] = ["active", "view", "image.pull", "active"],
            ["state"] = ["failed", "succeeded", "running"],
            ["view"] = ["full", "tree"],
            ["term"] = ["1m", "2h"],
            ["timeout"] = ["5s", "1m"],
            ["olderThan"] = ["1h"],
            ["wait"] = ["0s", "10ms", "1s"],
            ["platform"] = ["linux/amd64", "linux/arm64", "linux/s390x"],
            ["platforms"] = ["linux/amd64", "linux/arm64"],
            ["type"] = ["content", "snapshot", "ingest", "image"],
            ["events"] = ["job.failed", "job.succeeded", "job.canceled"],
            ["filter"] = ["name~=app", "labels.a==b", "kind==active"],
            ["path"] = ["/", "/etc", "/a/b", ".."],
            ["mediaType"] = ["application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar"],
            ["container"] = ["absent"],
            ["snapshot"] = ["work", "absent"],
            ["timestamp"] = ["2026-01-31T12:00:00Z"],
            ["env"] = ["A=b"],
            ["exposedPorts"] = ["80/tcp"],
            ["volumes"] = ["/data"],
            ["stopSignal"] = ["SIGTERM", "9"],
            ["workingDir"] = ["/"],
            ["prefix"] = [$"{registry}/acme/imported"],
            ["url"] = ["http://127.0.0.1:9/hook", "http://127.0.0.1:9/", "https://10.0.0.1/", "http://127.0.0.1:9/a b", "http://user@127.0.0.1:9/", "https://[::1/", "https://absent.invalid/", "ftp://127.0.0.1/", ""],
            ["secret"] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            ["username"] = ["fuzz-user"],
            ["password"] = [Password],
        };
    }

    /// <summary>A password that may be found nowhere afterwards.</summary>
    public const string Password = $"{Canary.Mark}-of-the-fuzzer"; // the same each time, as all that a seed sends

    /// <summary>What never leaves this machine, however odd the text: the rest of it is only taken from the lists above.</summary>
    public static bool MustBeKnown(string name) => name is "url";

    /// <summary>Remembers what an answer said was made.</summary>
    public void Add(string name, string value)
    {
        var names = made.GetOrAdd(name, _ => new ConcurrentQueue<string>());
        names.Enqueue(value);
        if (names.Count > MostMade)
        {
            names.TryDequeue(out _);
        }
    }

    public Gen<string> Of(string name)
    {
        var made = this.made.TryGetValue(name, out var names) ? names.ToArray() : [];
        var known = fixedNames.GetValueOrDefault(name, ["a"]);
        return made.Length is 0 ? OddTexts.OneOf(known) : Gen.Frequency((3, OddTexts.OneOf(known)), (2, OddTexts.OneOf(made)));
    }
}
