using Gateway.Oci;

namespace Gateway.Images;

/// <summary>An image config as the API shows it.</summary>
internal static class ImageConfigViews
{
    public static ImageConfigView Of(ImageConfig config) => new()
    {
        Entrypoint = config.Config?.Entrypoint,
        Cmd = config.Config?.Cmd,
        Env = config.Config?.Env,
        User = config.Config?.User,
        WorkingDir = config.Config?.WorkingDir,
        ExposedPorts = config.Config?.ExposedPorts,
        Volumes = config.Config?.Volumes,
        StopSignal = config.Config?.StopSignal,
        Labels = config.Config?.Labels,
    };

    public static IReadOnlyList<ImageHistoryView> HistoryOf(ImageConfig config) => config.History
        .Select(step => new ImageHistoryView
        {
            Created = step.Created,
            CreatedBy = step.CreatedBy,
            Author = step.Author,
            Comment = step.Comment,
            EmptyLayer = step.EmptyLayer,
        })
        .ToArray();
}
