using System.Net.Http.Headers;

namespace Gateway.Oci.Registry;

/// <summary>One request for an object of the repository. <paramref name="Missing"/> is what a 404 says is not there: tag, digest or blob.</summary>
internal sealed record ObjectRequest(HttpMethod Method, string Kind, string Name, string Accept, string Missing)
{
    /// <summary>First byte wanted; above 0 it is asked for with <c>Range</c>.</summary>
    public long Offset { get; init; }

    /// <summary>Query of the object's address, without its question mark.</summary>
    public string Query { get; init; } = "";

    /// <summary>Where to send it instead: the place of an upload, which may be on another host.</summary>
    public Uri? Place { get; init; }

    /// <summary>Makes the body, anew for each time the request is sent.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>Another repository of the host that a token must allow to pull from.</summary>
    public string? MountFrom { get; init; }

    /// <summary>Whether it changes the registry: then a 4xx is a refusal, and only a redirect that keeps method and body is followed.</summary>
    public bool IsWrite => Method != HttpMethod.Get && Method != HttpMethod.Head;
}

/// <summary>One host as one caller sees it: sends a request once, with authentication and redirects, and gives only answers that succeeded.</summary>
internal sealed class HostSession(RegistryHost host, ImageReference reference, Authorizer authorizer, SecretMask mask, RegistryHttp http, RegistryOptions options, TimeProvider time)
{
    public RegistryHost Host => host;

    /// <summary>How messages call this host.</summary>
    public string Who => host.IsOrigin ? "the registry" : $"the mirror {host.Authority}";

    public async Task<HttpResponseMessage> SendAsync(ObjectRequest ask, CancellationToken cancel)
    {
        var authorization = await authorizer.CurrentAsync(ask.MountFrom, cancel);
        // A first challenge, and one more when a token that should be good is refused.
        var refusalsLeft = authorization is null ? 2 : 1;
        while (true)
        {
            var answer = await FollowAsync(ask, authorization, cancel);
            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                var next = (int)answer.StatusCode is 401 && refusalsLeft-- > 0 ? await AnswerAsync(answer, ask.MountFrom, authorization, cancel) : null;
                authorization = next ?? throw await FaultOfAsync(answer, ask, authorization, cancel);
            }
        }
    }

    /// <summary>The answer's body, read with the bounds of this room.</summary>
    public Task<ResponseBody> BodyOfAsync(HttpResponseMessage answer, CancellationToken cancel) => ResponseBody.OfAsync(answer, options.IdleTimeout, time, cancel);

    // A storage host's challenge is not the registry's: only the host itself may ask for credentials.
    private async Task<AuthenticationHeaderValue?> AnswerAsync(
        HttpResponseMessage answer, string? mountFrom, AuthenticationHeaderValue? refused, CancellationToken cancel) =>
        RedirectRule.StaysAtHome(host.Root, answer.RequestMessage!.RequestUri!) && answer.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var challenges)
            ? await authorizer.AnswerAsync(WwwAuthenticate.Parse(challenges), mountFrom, refused, cancel)
            : null;

    private async Task<HttpResponseMessage> FollowAsync(ObjectRequest ask, AuthenticationHeaderValue? authorization, CancellationToken cancel)
    {
        var uri = ask.Place ?? host.UriOf(reference, ask.Kind, ask.Name, ask.Query);
        var atHome = RedirectRule.StaysAtHome(host.Root, uri);
        for (var hops = 0; ; hops++)
        {
            using var request = atHome ? AtHome(ask, uri, authorization) : Plain(ask, uri);
            var answer = await http.SendAsync(request, atHome ? host.Tls : host.Tls.ForOtherHost(), cancel);
            RegistryTelemetry.Answered(uri.Host, (int)answer.StatusCode);
            if (!RedirectRule.IsRedirect(answer.StatusCode))
            {
                return answer;
            }

            using (answer)
            {
                uri = hops < RedirectRule.MaxHops && (!ask.IsWrite || RedirectRule.KeepsMethod(answer.StatusCode))
                    ? RedirectRule.Next(uri, answer.Headers.NonValidated.TryGetValues("Location", out var location) ? location.ToString() : null)
                    : throw new RegistryFault(OciFault.RegistryUnavailable, $"{Who} redirects more than {RedirectRule.MaxHops} times, or in a way that would lose what is sent");
            }

            // Once away, what was left behind stays behind, even if a later hop leads back.
            atHome = atHome && RedirectRule.StaysAtHome(host.Root, uri);
        }
    }

    private HttpRequestMessage AtHome(ObjectRequest ask, Uri uri, AuthenticationHeaderValue? authorization)
    {
        var request = Plain(ask, uri);
        foreach (var (name, value) in host.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.Authorization = authorization ?? request.Headers.Authorization;
        return request;
    }

    private static HttpRequestMessage Plain(ObjectRequest ask, Uri uri)
    {
        var request = new HttpRequestMessage(ask.Method, uri);
        request.Headers.TryAddWithoutValidation("Accept", ask.Accept);
        // Compression on the way would change the bytes that the digest is of.
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Content = ask.Body?.Invoke();
        // A registry that refuses a large body says so before it is sent.
        request.Headers.ExpectContinue = request.Content is UploadContent { IsLarge: true } ? true : null;
        request.Headers.Range = ask.Offset > 0 ? new RangeHeaderValue(ask.Offset, null) : null;
        return request;
    }

    private async Task<RegistryFault> FaultOfAsync(HttpResponseMessage answer, ObjectRequest ask, AuthenticationHeaderValue? sent, CancellationToken cancel)
    {
        using var body = await BodyOfAsync(answer, cancel);
        return AnswerFault.Of(answer, Who, ask, await AnswerFault.ReasonAsync(body, mask, sent?.Parameter, cancel), time);
    }
}
