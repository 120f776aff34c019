using Gateway.TestKit;
using static Gateway.ContainerdTests.Survival.Script;

namespace Gateway.ContainerdTests.Survival;

/// <summary>What registries and token servers do wrong, and what follows by the contract: its problem codes, and which of them are worth another try.</summary>
internal static class RegistryScripts
{
    private const string Elsewhere = "https://10.255.255.1";

    private static readonly string OtherDigest = Layer.Hash("something else"u8.ToArray());

    /// <summary>What means the same wherever it is said.</summary>
    private static readonly Script[] Everywhere =
    [
        new("401", Faults.Status(401), "registry_unauthorized"),
        new("408", Faults.Status(408), "registry_unavailable", Done),
        new("429", Faults.Status(429), "registry_rate_limited", Done),
        new("429 with Retry-After", Faults.RetryAfter(429, 0), "registry_rate_limited", Done),
        new("500", Faults.Status(500), "registry_unavailable", Done),
        new("502", Faults.Status(502), "registry_unavailable", Done),
        new("503", Faults.RetryAfter(503, 0), "registry_unavailable", Done),
        new("504", Faults.Status(504), "registry_unavailable", Done),
        new("redirect to a private address", Faults.Redirect($"{Elsewhere}/blob"), "egress_denied"),
    ];

    /// <summary>Of an answer with a body: it comes in part, or not to its end.</summary>
    private static readonly Script[] Bodies =
    [
        new("reset", Faults.ResetAfter(10), "registry_unavailable", Done),
        new("cut", Faults.CutAfter(10), "registry_unavailable", Done),
        new("stall", Faults.Stall(new Gate(), 10), "registry_timeout", Done),
        new("drip", Faults.Drip(3, TimeSpan.FromMilliseconds(100)), "registry_timeout", Done),
    ];

    /// <summary>Of a request without one, or with one of its own.</summary>
    private static readonly Script[] Bodiless =
    [
        new("reset", Faults.ResetAfterTaking(), "registry_unavailable", Done),
        new("silence", Faults.Silence(), "deadline_exceeded") { Timeout = "1s" },
        new("redirect in a circle", Faults.RedirectToItself(), "registry_unavailable", Done),
    ];

    /// <summary>A pull's GET of a manifest, config or layer.</summary>
    public static Script[] Reads { get; } =
    [
        .. Everywhere, .. Bodies,
        new("400", Faults.Status(400), "registry_unavailable"),
        new("403", Faults.Status(403), "registry_forbidden"),
        new("404", Faults.Status(404), "image_not_found"),
        new("truncated", Faults.TruncateTo(10), "digest_mismatch", Done),
        new("wrong bytes", Faults.WrongBytes(), "digest_mismatch", Done),
        new("extra bytes", Faults.ExtraBytes(7), "digest_mismatch", Done),
        new("redirect in a circle", Faults.RedirectToItself(), "registry_unavailable", Done),
    ];

    /// <summary>A pull's HEAD of its tag. What it leaves unsaid a GET tells.</summary>
    public static Script[] Resolves { get; } =
    [
        .. Everywhere, .. Bodiless,
        new("400", Faults.Status(400), "registry_unavailable"),
        new("403", Faults.Status(403), "registry_forbidden"),
        new("404", Faults.Status(404), "image_not_found"),
        new("405", Faults.Status(405), Done),
        new("200 without a word", Faults.Status(200), Done),
        new("a digest that is none", Faults.Headers(digest: "sha256:none"), "manifest_invalid"),
        new("the digest of what is not there", Faults.Headers(digest: OtherDigest), "image_not_found"),
    ];

    /// <summary>A token server, of which no redirect is followed. Its answer is whole or none.</summary>
    public static Script[] Tokens { get; } =
    [
        .. Everywhere, .. Bodies,
        new("400", Faults.Status(400), "registry_unauthorized"),
        new("403", Faults.Status(403), "registry_unauthorized"),
        new("404", Faults.Status(404), "registry_unauthorized"),
        new("truncated", Faults.TruncateTo(10), "registry_unavailable"),
        new("no JSON", Faults.Text("<html>"), "registry_unavailable"),
        new("no token", Faults.Text("""{"expires_in": 300}"""), "registry_unavailable"),
        new("oversize", Faults.Text($$"""{"token": "{{new string('a', 100_000)}}"}"""), "registry_unavailable"),
        new("redirect in a circle", Faults.RedirectToItself(), "egress_denied"),
    ];

    /// <summary>Answers by which a token server may mean that it knows no OAuth 2.</summary>
    public static Script[] RefusedTokens { get; } = [.. Tokens.Where(script => script.Name is "400" or "401" or "404")];

    /// <summary>One that is shown a password by POST: it is asked once more the older way. A refresh token has none.</summary>
    public static Script[] PasswordTokens { get; } = [.. Tokens.Except(RefusedTokens), .. RefusedTokens.Select(script => script with { Once = Done })];

    /// <summary>A push that looks whether something is there. Who may push need not be allowed to look: a refusal is as good as "no".</summary>
    private static readonly Script[] Looks =
    [
        .. Everywhere, .. Bodiless,
        new("400", Faults.Status(400), Done),
        new("403", Faults.Status(403), Done),
        new("404", Faults.Status(404), Done),
        new("405", Faults.Status(405), Done),
    ];

    /// <summary>What changes a registry. Only a redirect that loses nothing is followed, and no other host is shown the token.</summary>
    private static readonly Script[] Writes =
    [
        .. Everywhere, .. Bodiless,
        new("403", Faults.Status(403), "registry_forbidden"),
        new("404", Faults.Status(404), "registry_refused"),
        new("redirect that loses the body", Faults.Redirect("/v2/", 302), "registry_unavailable"),
        new("redirect to another host", (http, good) => Faults.Redirect(OnOtherHost(http, http.Request.Path))(http, good), "registry_unauthorized"),
    ];

    /// <summary>4xx that mean only that it will not have it.</summary>
    private static readonly Script[] Refusals =
    [
        new("400", Faults.Status(400), "registry_refused"),
        new("405", Faults.Status(405), "registry_refused"),
        new("413", Faults.Status(413), "registry_refused"),
    ];

    /// <summary>An answer says where the upload goes on.</summary>
    private static readonly Script[] Locations =
    [
        new("Location at a private address", Faults.Header("Location", (_, said) => Elsewhere + said), "egress_denied"),
        new("Location on another host", Faults.Header("Location", OnOtherHost), "registry_unauthorized"),
        new("Location that is none", Faults.Header("Location", (_, _) => "http://["), "registry_unavailable"),
    ];

    /// <summary>What is stored although nobody was told is found by the next try.</summary>
    private static readonly Script[] Stored =
    [
        new("answer lost", Faults.AnswerLost(), Done),
        new("reset in the body", Faults.ResetAfterTaking(100), "registry_unavailable", Done),
    ];

    /// <summary>What is said to be stored and is not, the registry itself misses when something names it.</summary>
    private static readonly Script[] Lies = [new("201 for nothing", Faults.Status(201), "registry_refused")];

    /// <summary>The digest in the answer to a blob need not be that of the request (distribution-spec v1.1, "Pushing a blob monolithically").</summary>
    private static readonly Script[] BlobDigests = [new("another digest", Faults.Header("Docker-Content-Digest", (_, _) => OtherDigest), Done)];

    private static readonly Script[] ManifestDigests = [new("another digest", Faults.Header("Docker-Content-Digest", (_, _) => OtherDigest), "digest_mismatch")];

    public static Script[] BlobLooks { get; } = [.. Looks, new("200 for nothing", Faults.Status(200), "registry_refused")];

    public static Script[] Begins { get; } =
    [
        .. Writes, .. Refusals, .. Locations,
        new("answer lost", Faults.AnswerLost(), "registry_unavailable", Done),
        new("no Location", Faults.Header("Location", (_, _) => null), "registry_unavailable"),
        new("201 for nothing", Faults.Status(201), "registry_unavailable"),
    ];

    /// <summary>The same request where it would have the blob mounted from another repository: an upload needs no mount, so that a refusal of one ends nothing.</summary>
    public static Script[] Mounts { get; } =
    [
        .. Begins.Select(script => script.Name switch
        {
            "201 for nothing" => script with { Always = "registry_refused", Once = "registry_refused" },
            "silence" or "redirect to a private address" or "Location at a private address" or "Location on another host" => script,
            _ => script with { Once = Done },
        }),
    ];

    /// <summary>A blob in one piece. Where that is refused it is sent in pieces, whose last request this is too.</summary>
    public static Script[] Wholes { get; } =
    [
        .. Writes, .. Refusals.Select(script => script with { Once = Done }), .. Stored, .. Lies, .. BlobDigests,
        new("501", Faults.Status(501), "registry_unavailable", Done),
    ];

    /// <summary>A piece of a blob. After a break, and where pieces do not meet, the registry is asked where to go on.</summary>
    public static Script[] Pieces { get; } =
    [
        .. Writes, .. Refusals.Select(script => script.Name is "413" ? script with { Once = Done } : script), .. Locations, .. Stored,
        new("416", Faults.Status(416), "registry_refused", Done),
        new("no Location", Faults.Header("Location", (_, _) => null), Done),
        new("202 for nothing", Faults.Status(202), "registry_refused"),
    ];

    public static Script[] Ends { get; } = [.. Writes, .. Refusals, .. Stored.Take(1), .. Lies, .. BlobDigests];

    public static Script[] TagLooks { get; } =
    [
        .. Looks,
        new("200 without a word", Faults.Status(200), Done),
        new("the digest of something else", Faults.Headers(digest: OtherDigest), Done),
    ];

    public static Script[] Manifests { get; } = [.. Writes, .. Refusals, .. Stored, .. Lies, .. ManifestDigests];

    /// <summary>Of the tag a registry's 201 is believed: nothing names it that could be refused.</summary>
    public static Script[] Tags { get; } = [.. Manifests.Except(Lies)];

    // The same registry by another name.
    private static string OnOtherHost(Microsoft.AspNetCore.Http.HttpContext http, string path) => $"http://localhost:{http.Connection.LocalPort}{path}";
}
