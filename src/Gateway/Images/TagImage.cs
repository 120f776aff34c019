using FluentValidation;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>A further name for an image.</summary>
internal sealed record TagRequest
{
    /// <summary>Name of the image that is here: as it is stored, or a reference that normalises to it.</summary>
    public required string Source { get; init; }

    /// <summary>The new name, normalised the Docker way: `acme/app:1` is `docker.io/acme/app:1`. It may hold no digest.</summary>
    public required string Target { get; init; }

    /// <summary>Whether a target that stands for another image is moved to this one.</summary>
    public bool Force { get; init; }
}

internal sealed class TagRequestValidator : AbstractValidator<TagRequest>
{
    public TagRequestValidator()
    {
        // Odd names that other clients stored can be given proper ones.
        RuleFor(tag => tag.Source).NotEmpty().MaximumLength(4096);
        RuleFor(tag => tag.Target).Cascade(CascadeMode.Stop)
            .NotEmpty().MaximumLength(ImageReference.MaxLength)
            .Must(ImageReference.IsValid).WithMessage("is not an image reference; an example is docker.io/acme/app:1")
            .Must(target => ImageReference.Parse(target).Digest is null).WithMessage("holds a digest, which is no name to give");
    }
}

/// <summary>tagImage: gives an image a further name.</summary>
internal static class TagImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, TagRequest request, ContainerdClient containerd, ImageTagger tagger, ImageInspector inspector, CancellationToken cancel)
    {
        var target = ImageReference.Parse(request.Target).Name;
        var (image, changed) = await tagger.TagAsync(@namespace, request.Source, target, request.Force, cancel);
        var view = await inspector.InspectAsync(containerd.In(@namespace), image, cancel);
        var location = $"/v1/namespaces/{@namespace}/images/{Uri.EscapeDataString(image.Name)}";
        if (changed)
        {
            return Resource.Created(http, location, view);
        }

        http.Response.Headers.Location = location;
        return Resource.Ok(http, view);
    }
}
