using FluentValidation;
using Gateway.Images.Custom;
using Gateway.Images.Pull;
using Gateway.Jobs;

namespace Gateway.Images;

/// <summary>What the images feature is made of.</summary>
internal static class ImagesExtensions
{
    public static void AddImages(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ImageOptions>().BindConfiguration(ImageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ImageInspector>();
        builder.Services.AddSingleton<PullGates>();
        builder.Services.AddSingleton<PullLease>();
        builder.Services.AddSingleton<DocumentFetcher>();
        builder.Services.AddSingleton<LayerFetcher>();
        builder.Services.AddSingleton<Unpacker>();
        builder.Services.AddSingleton<ImagePuller>();
        builder.Services.AddSingleton<IJobHandler, PullJob>();
        builder.Services.AddSingleton<IValidator<PullRequest>, PullRequestValidator>();
        builder.Services.AddSingleton<CustomLease>().AddSingleton<CustomDocuments>().AddSingleton<CustomImageWriter>();
        builder.Services.AddSingleton<IJobHandler, CommitJob>().AddSingleton<IJobHandler, ComposeJob>();
        builder.Services.AddSingleton<IValidator<CommitRequest>, CommitRequestValidator>().AddSingleton<IValidator<ComposeRequest>, ComposeRequestValidator>();
        builder.Services.AddSingleton<IValidator<ComposedLayer>, ComposedLayerValidator>().AddSingleton<IValidator<CustomConfig>, CustomConfigValidator>();
    }
}
