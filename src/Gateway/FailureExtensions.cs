namespace Gateway;

/// <summary>The end of a gateway that runs and must not go on.</summary>
internal static partial class FailureExtensions
{
    /// <summary>Says why, and stops with exit code 1.</summary>
    public static void Fail(this IHostApplicationLifetime lifetime, ILogger log, string fault)
    {
        LogEnds(log, fault);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The gateway ends: {Fault}")]
    private static partial void LogEnds(ILogger log, string fault);
}
