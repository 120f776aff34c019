using System.Globalization;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>Makes the request of a number: of an operation, first as the document allows it, then spoiled here and there.</summary>
internal sealed class RequestMaker(ApiDocument document, KnownNames names, byte[] archive)
{
    private const int OddPathPercent = 15;
    private const int OddQueryPercent = 25;
    private const int QueryPercent = 35;
    private const int SpoiledBodyPercent = 70;

    private static readonly (string Name, string[] Values)[] Headers =
    [
        ("Accept", ["*/*", "application/json", "application/x-tar", "application/x-ndjson", "text/plain", "image/svg+xml", "x/y", "*/*;q=0", ";;", "text/event-stream"]),
        ("If-Match", ["*", "\"x\"", "x", "W/\"x\"", ""]), ("If-None-Match", ["*", "\"x\"", "x", ""]), ("If-Range", ["\"x\"", "Sun, 06 Nov 1994 08:49:37 GMT", "x"]),
        ("Range", ["bytes=0-0", "bytes=-1", "bytes=5-", "bytes=9223372036854775807-", "bytes=2-1", "bytes=0-0,2-2", "items=0-1", "x"]),
        ("Content-Range", ["bytes 0-4/5", "bytes 0-1/5", "bytes 2-4/5", "bytes 0-0/*", "bytes 0-9223372036854775806/9223372036854775807", "x"]),
        ("Content-Encoding", ["gzip", "identity", "x"]), ("Idempotency-Key", ["a", "b", "c", "", "a b", "é", "a,b"]), ("Prefer", ["wait=1", "wait=0", "wait=x", "respond-async", "wait=-1"]),
        ("Last-Event-ID", ["1-1", "0-0", "x", "-1", "9223372036854775807-9223372036854775807"]), ("X-Request-Id", ["a", "a b", "é", "{}"]), ("traceparent", ["x", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]),
        ("Origin", ["http://evil.test", "null"]), ("Sec-Fetch-Site", ["cross-site", "none"]), ("X-HTTP-Method-Override", ["DELETE"]), ("X-Forwarded-For", ["10.0.0.1"]), ("Expect", ["x"]), ("TE", ["trailers"]), ("Cookie", ["a=b"]), ("Accept-Encoding", ["gzip, br"]),
        ("containerd-namespace", ["k8s.io"]), ("containerd-lease", ["keep"]), ("grpc-timeout", ["1n"]),
    ];

    private static readonly string[] OddTypes = ["application/json; charset=utf-16", "application/json; charset=bogus", "application/json;charset=\"utf-8\"", "text/plain", "application/merge-patch+json", "multipart/form-data", "application/json, text/plain", "x", ""];

    public FuzzRequest Make(Dice dice)
    {
        var operation = dice.Pick(document.Operations);
        var isStraight = true;
        var path = operation.Path;
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In is "path"))
        {
            var isOdd = dice.Percent(OddPathPercent);
            var value = dice.Of(isOdd ? OddTexts.Short : names.Of(parameter.Name));
            isStraight &= !isOdd;
            path = path.Replace($"{{{parameter.Name}}}", isOdd && dice.Percent(30) ? Raw(value) : Uri.EscapeDataString(value), StringComparison.Ordinal);
        }

        var headers = new List<(string Name, string Value)> { ("Authorization", $"Bearer {GatewayProcess.Key}") };
        var body = Body(operation, headers, dice);
        for (var count = dice.Percent(30) ? 1 + dice.Below(3) : 0; count > 0; count--)
        {
            var (name, values) = dice.Pick(Headers);
            headers.Add((name, dice.Pick(values)));
        }

        return new FuzzRequest(operation, path + Query(operation, dice), headers, body, isStraight);
    }

    private string Query(ApiOperation operation, Dice dice)
    {
        var pairs = new List<string>();
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In is "query" && (parameter.Required || dice.Percent(QueryPercent))))
        {
            for (var times = dice.Percent(8) ? 2 : 1; times > 0; times--)
            {
                var value = dice.Percent(OddQueryPercent) ? dice.Of(OddTexts.Short)
                    : (string?)parameter.Schema["type"] switch
                    {
                        "integer" => dice.Below(20).ToString(CultureInfo.InvariantCulture),
                        "boolean" => dice.Percent(50) ? "true" : "false",
                        _ => dice.Of(names.Of(parameter.Name)),
                    };
                pairs.Add($"{parameter.Name}={Uri.EscapeDataString(value)}");
            }
        }

        if (dice.Percent(3))
        {
            pairs.Add(Raw(dice.Of(OddTexts.Short)));
        }

        return pairs.Count is 0 ? "" : "?" + string.Join('&', pairs);
    }

    private byte[]? Body(ApiOperation operation, List<(string Name, string Value)> headers, Dice dice)
    {
        if (operation.BodyTypes.Count is 0)
        {
            return dice.Percent(3) ? Encoding.UTF8.GetBytes(dice.Of(OddTexts.Any)) : null;
        }

        var type = dice.Percent(6) ? dice.Pick(OddTypes) : operation.BodyTypes[0];
        headers.Add(("Content-Type", type));
        if (operation.Body is { } schema)
        {
            var valid = new SchemaGen(document, names).Make(schema, "body", dice);
            return dice.Percent(SpoiledBodyPercent) ? JsonMutation.Spoil(valid, dice) : Encoding.UTF8.GetBytes(valid!.ToJsonString());
        }

        return operation.Id is "importImages" ? Archive(dice) : dice.Percent(60) ? "hello"u8.ToArray() : Encoding.UTF8.GetBytes(dice.Of(OddTexts.Any));
    }

    private byte[] Archive(Dice dice)
    {
        var bytes = (byte[])archive.Clone();
        for (var count = dice.Below(4); count > 0; count--)
        {
            bytes[dice.Below(bytes.Length)] ^= (byte)(1 + dice.Below(255));
        }

        return dice.Percent(20) ? bytes[..dice.Below(bytes.Length)] : bytes;
    }

    // As it stands, but for what would end the request line.
    private static string Raw(string value) => string.Concat(value.Select(character => character is ' ' or '\r' or '\n' or '\0' or '#' ? '_' : character));
}
