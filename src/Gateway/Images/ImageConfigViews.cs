using Gateway.Oci;

namespace Gateway.Images;

/// <summary>An image config as the API shows it.</summary>
internal static class ImageConfigViews
{
    public static ImageConfigView Of(ImageConfig config) => new()
    {
        Entrypoint = config.Execution.Entrypoint,
        Cmd = config.Execution.Cmd,
        Env = config.Execution.Env,
        User = config.Execution.User,
        WorkingDir = config.Execution.WorkingDir,
        ExposedPorts = config.Execution.ExposedPorts,
        Volumes = config.Execution.Volumes,
        StopSignal = config.Execution.StopSignal,
        Labels = config.Execution.Labels,
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
