using System.Net.Http.Headers;
using Gateway.TestKit;
using Google.Protobuf;

namespace Gateway.ContainerdTests.KitTests;

public sealed class OtlpReceiverTests
{
    [Fact]
    public async Task Spans_of_a_containerd_that_exports_come_in_with_service_kind_and_attributes()
    {
        Assert.SkipUnless(Versions.All.Contains("2"), "containerd 2 is not among TEST_CONTAINERD_VERSIONS");
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var daemon = await ContainerdDaemon.StartAsync("2", new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Url,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "containerd-under-test",
        });
        await daemon.Ctr.NamespacesAsync();

        await Wait.UntilAsync(() => receiver.Spans.Any(span => span.Name.EndsWith("Namespaces/List", StringComparison.Ordinal)), "containerd exports its spans");

        var span = receiver.Spans.First(span => span.Name.EndsWith("Namespaces/List", StringComparison.Ordinal));
        Assert.Equal(("containerd-under-test", SpanKind.Server), (span.Service, span.Kind));
        Assert.Matches("^[0-9a-f]{32}$", span.TraceId);
        Assert.Matches("^[0-9a-f]{16}$", span.SpanId);
        Assert.Contains(span.Attributes.Keys, key => key.StartsWith("rpc.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Links_attributes_metrics_and_logs_are_read()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var id = Enumerable.Repeat((byte)0xab, 16).ToArray();
        var span = Message((1, id), (2, [1, 2, 3, 4, 5, 6, 7, 8]), (5, "work"u8.ToArray()),
            (9, Message((1, "who"u8.ToArray()), (2, Message((1, "me"u8.ToArray()))))), (13, Message((1, id))));
        await PostAsync("traces", Message((1, Message((2, Message((2, span)))))));
        await PostAsync("metrics", Message((1, Message((2, Message((2, Message((1, "jobs.active"u8.ToArray())))))))));
        await PostAsync("logs", Message((1, Message((2, Message((2, Message((5, Message((1, "said"u8.ToArray())))))))))));

        var received = Assert.Single(receiver.Spans);
        Assert.Equal(("work", "me", ""), (received.Name, received.Attributes["who"], received.ParentId));
        Assert.Equal([Convert.ToHexStringLower(id)], received.Links);
        Assert.Equal(["jobs.active"], receiver.Metrics);
        Assert.Equal(["said"], receiver.Logs);

        async Task PostAsync(string signal, byte[] message)
        {
            using var client = new HttpClient();
            using var content = new ByteArrayContent(message);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
            (await client.PostAsync($"{receiver.Url}/v1/{signal}", content)).EnsureSuccessStatusCode();
        }
    }

    private static byte[] Message(params (int Number, byte[] Value)[] fields)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            foreach (var (number, value) in fields)
            {
                output.WriteTag(number, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(value));
            }
        }

        return bytes.ToArray();
    }
}
