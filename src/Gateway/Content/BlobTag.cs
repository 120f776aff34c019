using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Http;
using Gateway.Oci;
using Microsoft.Net.Http.Headers;

namespace Gateway.Content;

/// <summary>The blob a path names, and its strong ETag: the digest itself, since the bytes never change.</summary>
internal static class BlobTag
{
    public static EntityTagHeaderValue Of(Digest digest) => new($"\"{digest}\"");

    public static async Task<Info> RequireBlobAsync(this NamespacedClient client, Digest digest, CancellationToken cancel) =>
        await client.FindAsync(digest.ToString(), cancel)
            ?? throw new ProblemException(ProblemKinds.NotFound, $"{digest} is not in the content of namespace '{client.Namespace}'");

    /// <summary>Whether <c>If-None-Match</c> says that the caller has these bytes.</summary>
    public static bool IsKnown(HttpContext http, Digest digest) => http.Request.GetTypedHeaders().IfNoneMatch
        .Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(Of(digest), useStrongComparison: false));

    /// <summary>Throws <c>precondition_failed</c> where <c>If-Match</c> is there and names other bytes.</summary>
    public static void RequireMatch(HttpContext http, Digest digest)
    {
        var isAsked = http.Request.Headers.IfMatch.Count > 0;
        if (isAsked && !http.Request.GetTypedHeaders().IfMatch.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(Of(digest), useStrongComparison: true)))
        {
            throw new ProblemException(ProblemKinds.PreconditionFailed, $"{digest} is not what If-Match names");
        }
    }
}
