using FluentValidation;
using Gateway.Images.Custom;
using Gateway.Images.Export;
using Gateway.Images.Import;
using Gateway.Images.Prune;
using Gateway.Images.Pull;
using Gateway.Images.Push;
using Gateway.Images.Reading;
using Gateway.Images.Resolve;
using Gateway.Images.Transfer;
using Gateway.Jobs;

namespace Gateway.Images;

/// <summary>What the images feature is made of.</summary>
internal static class ImagesExtensions
{
    public static void AddImages(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<ImageOptions>().BindConfiguration(ImageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ImageCatalog>();
        builder.Services.AddSingleton<DocumentCache>();
        builder.Services.AddSingleton<ImageInspector>();
        builder.Services.AddSingleton<RecordLocks>();
        builder.Services.AddSingleton<ImageTagger>();
        builder.Services.AddSingleton<ImageResolver>();
        builder.Services.AddSingleton<ImagePruner>();
        builder.Services.AddSingleton<IJobHandler, PruneJob>();
        builder.Services.AddSingleton<IValidator<TagRequest>, TagRequestValidator>();
        builder.Services.AddSingleton<IValidator<PruneRequest>, PruneRequestValidator>();
        builder.Services.AddSingleton<DiskReserve>();
        builder.Services.AddSingleton<PullGates>();
        builder.Services.AddSingleton<PullLease>();
        builder.Services.AddSingleton<DocumentFetcher>();
        builder.Services.AddSingleton<LayerFetcher>();
        builder.Services.AddSingleton<Unpacker>();
        builder.Services.AddSingleton<TransferCall>();
        builder.Services.AddSingleton<TransferPuller>();
        builder.Services.AddSingleton<ImagePuller>();
        builder.Services.AddSingleton<IJobHandler, PullJob>();
        builder.Services.AddSingleton<TransferPusher>();
        builder.Services.AddSingleton<ImagePusher>();
        builder.Services.AddSingleton<IJobHandler, PushJob>();
        builder.Services.AddSingleton<IValidator<PushRequest>, PushRequestValidator>();
        builder.Services.AddSingleton<IValidator<PullRequest>, PullRequestValidator>();
        builder.Services.AddSingleton<ArchiveSlots>().AddSingleton<LeasesInUse>().AddSingleton<RequestLease>().AddHostedService<LeaseSweeper>();
        builder.Services.AddSingleton<ImageImporter>().AddSingleton<IJobHandler, ImportJob>();
        builder.Services.AddSingleton<IValidator<ImportRequest>, ImportRequestValidator>().AddSingleton<IValidator<ExportRequest>, ExportRequestValidator>();
        builder.Services.AddSingleton<CustomLease>().AddSingleton<CustomDocuments>().AddSingleton<CustomImageWriter>();
        builder.Services.AddSingleton<IJobHandler, CommitJob>().AddSingleton<IJobHandler, ComposeJob>();
        builder.Services.AddSingleton<IValidator<CommitRequest>, CommitRequestValidator>().AddSingleton<IValidator<ComposeRequest>, ComposeRequestValidator>();
        builder.Services.AddSingleton<IValidator<ComposedLayer>, ComposedLayerValidator>().AddSingleton<IValidator<CustomConfig>, CustomConfigValidator>();
    }
}
