using FluentValidation;
using Gateway.Oci;

namespace Gateway.Images.Custom;

/// <summary>Bounds of a compose.</summary>
internal sealed class ComposeRequestValidator : AbstractValidator<ComposeRequest>
{
    public ComposeRequestValidator()
    {
        RuleFor(compose => compose.Reference).MustBeNewName();
        RuleFor(compose => compose.Base).MustBeStoredName();
        RuleFor(compose => compose.Layers.Count).LessThanOrEqualTo(DocumentLimits.MaxLayers).OverridePropertyName("layers")
            .WithMessage($"names more than {DocumentLimits.MaxLayers} layers");
        RuleFor(compose => compose.Layers).NotEmpty().When(compose => compose.Base is null).WithMessage("is empty, which takes a base");
        RuleForEach(compose => compose.Layers).NotNull().WithMessage("is null").SetValidator(new ComposedLayerValidator());
        RuleFor(compose => compose.Author).MustBeAuthor();
        RuleFor(compose => compose.Message).MustBeMessage();
        RuleFor(compose => compose.Timestamp).MustBeTimestamp();
        RuleFor(compose => compose.Platform).Must(text => text is null || Platform.TryParse(text, out _)).WithMessage("is not os/arch[/variant]; an example is linux/amd64");
        RuleFor(compose => compose.Snapshotter).MustBeSnapshotter();
        RuleFor(compose => compose.Snapshotter).Null().When(compose => !compose.Unpack).WithMessage("is of no use with unpack: false");
        RuleFor(compose => compose.Config!).SetValidator(new CustomConfigValidator()).When(compose => compose.Config is not null);
    }
}

/// <summary>Bounds of a layer.</summary>
internal sealed class ComposedLayerValidator : AbstractValidator<ComposedLayer>
{
    public ComposedLayerValidator()
    {
        RuleFor(layer => layer.Digest).Must(text => Digest.TryParse(text, out _)).WithMessage("is not sha256:<64 hex> or sha512:<128 hex>");
        RuleFor(layer => layer.MediaType).Must(type => type is null || LayerTypes.CompressionOf(type) is not null)
            .WithMessage($"is no type of a layer; an example is {MediaTypes.OciLayerGzip}");
    }
}
