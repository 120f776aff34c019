using Microsoft.Extensions.Options;

namespace Gateway.Jobs;

/// <summary><c>Gateway restore-jobs</c>: puts the backup in the place of a damaged job store. The configuration tells where that is.</summary>
internal static class RestoreJobsCommand
{
    public static async Task<bool> TryRunAsync(string[] args, Func<string[], WebApplication> build)
    {
        if (args is not ["restore-jobs", .. var settings])
        {
            return false;
        }

        await using var app = build(settings);
        try
        {
            var done = JobRestore.Run(JobStorePath.Choose(app.Services.GetRequiredService<IOptions<JobOptions>>().Value.Database), TimeProvider.System);
#pragma warning disable RS0030 // A command's answer, not a log.
            await Console.Out.WriteLineAsync(done);
        }
        catch (Exception refused) when (refused is JobStoreException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(refused.Message);
#pragma warning restore RS0030
            Environment.ExitCode = 1;
        }

        return true;
    }
}
