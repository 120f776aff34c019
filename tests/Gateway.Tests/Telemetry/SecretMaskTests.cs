using Gateway.Telemetry;

namespace Gateway.Tests.Telemetry;

public sealed class SecretMaskTests
{
    [Theory]
    [InlineData("https://user:canary@host/v2/", "https://[redacted]@host/v2/")]
    [InlineData("https://canary@host/v2/", "https://[redacted]@host/v2/")]
    [InlineData("see https://host/blob?sig=canary&se=1 now", "see https://host/blob?[redacted] now")]
    [InlineData("Authorization: Bearer canary-token", "Authorization: Bearer [redacted]")]
    [InlineData("authorization: basic Y2FuYXJ5", "authorization: basic [redacted]")]
    [InlineData("password=canary", "password=[redacted]")]
    [InlineData("{\"identityToken\":\"canary\",\"x\":1}", "{\"identityToken\":\"[redacted]\",\"x\":1}")]
    [InlineData("{\"password\": \"canary\"}", "{\"password\": \"[redacted]\"}")]
    [InlineData("refresh_token=canary&scope=a", "refresh_token=[redacted]&scope=a")]
    [InlineData("X-Amz-Signature=canary", "X-Amz-Signature=[redacted]")]
    [InlineData("X-API-Key: canary", "X-API-Key: [redacted]")]
    [InlineData("key gwk_canary refused", "key [redacted] refused")]
    [InlineData("jwt eyJhbGciOi.eyJzdWIi.canary", "jwt [redacted]")]
    public void Credentials_are_masked(string text, string expected)
    {
        var masked = SecretMask.Apply(text);

        Assert.Equal(expected, masked);
        Assert.DoesNotContain("canary", masked, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pulled docker.io/library/alpine:3.20@sha256:aa")]
    [InlineData("the registry refused the token")]
    [InlineData("basic auth is not offered")]
    [InlineData("listening on http://127.0.0.1:8080")]
    [InlineData("")]
    public void Ordinary_text_stays_the_same_instance(string text) => Assert.Same(text, SecretMask.Apply(text));

    [Fact]
    public void Long_hostile_text_is_masked_in_linear_time()
    {
        // Would not come back with a backtracking engine.
        var text = string.Concat(Enumerable.Repeat("://", 100_000)) + string.Concat(Enumerable.Repeat("token ", 100_000));

        Assert.NotNull(SecretMask.Apply(text));
    }
}
