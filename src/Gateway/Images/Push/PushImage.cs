using System.Text.Json;
using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Images.Transfer;
using Gateway.Jobs;
using Gateway.Oci;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Push;

/// <summary>pushImage: starts a push of a stored image, or returns the running job that already does the same one.</summary>
internal static class PushImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, PushRequest request, JobStarter jobs, ContainerdClient containerd,
        ImageEngines engines, IOptions<ImageOptions> options, CancellationToken cancel)
    {
        await engines.RequireForAsync(request.Auth?.RegistryToken, cancel);
        var image = await ImageNames.RequireAsync(containerd.In(@namespace), request.Reference, cancel);
        var work = Normalise(request, image, options.Value);
        if (work.Platforms.Count is 0)
        {
            PushPlan.RequireFits(ImageReference.Parse(work.Target), work.Image.Digest);
        }

        var secret = JobCredentials.Write(request.Auth);
        var key = $"{PushJob.JobKind} {@namespace} {JsonSerializer.Serialize(work, GatewayJson.Options)} {JobCredentials.IdentityOf(secret)}";
        var start = new JobStart(PushJob.JobKind, @namespace, work, key, secret, work.Timeout);
        return await JobAnswers.Accepted(http, await jobs.StartAsync(start, http, cancel), cancel);
    }

    private static PushWork Normalise(PushRequest request, Image image, ImageOptions options) => new()
    {
        Reference = image.Name,
        Image = new Descriptor { MediaType = image.Target.MediaType, Digest = DigestOf(image), Size = image.Target.Size },
        Target = ImageReference.TryParse(request.Target ?? image.Name, out var target)
            ? target.Name
            : throw ProblemException.InvalidField("target", $"is needed, because the stored name '{image.Name}' is not an image reference"),
        Platforms = (request.Platforms ?? []).Select(text => Platform.Parse(text).ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray(),
        Timeout = request.Timeout is null ? options.PushTimeout : Duration.Parse(request.Timeout),
    };

    private static Digest DigestOf(Image image) => Digest.TryParse(image.Target.Digest, out var digest)
        ? digest
        : throw new OciException(OciFault.ManifestInvalid, $"image '{image.Name}' stands for something without a digest of a known kind");
}
