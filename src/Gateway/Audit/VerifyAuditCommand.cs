namespace Gateway.Audit;

/// <summary><c>Gateway verify-audit [file]</c>: follows the chain over all files. Without a file the configuration tells where they are.</summary>
internal static class VerifyAuditCommand
{
    public static async Task<bool> TryRunAsync(string[] args, Func<string[], WebApplication> build)
    {
        if (args is not ["verify-audit", .. var rest])
        {
            return false;
        }

        var path = rest is [var named] && !named.StartsWith('-') ? Path.GetFullPath(named) : await ConfiguredAsync(rest, build);
#pragma warning disable RS0030 // A command's answer, not a log.
        try
        {
            var (isWhole, text) = Verify(path);
            await (isWhole ? Console.Out : Console.Error).WriteLineAsync(text);
            Environment.ExitCode = isWhole ? 0 : 1;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(unreadable.Message);
            Environment.ExitCode = 1;
        }
#pragma warning restore RS0030
        return true;
    }

    /// <summary>Whether the chain is whole, and what is to be said of it.</summary>
    public static (bool IsWhole, string Text) Verify(string path)
    {
        var files = AuditFiles.OldestFirst(path);
        if (files.Count is 0)
        {
            return (false, $"there is no audit {path}");
        }

        var chain = new AuditChain();
        var fault = AuditCheck.Follow(chain, files);
        var counted = $"{chain.Records} records in {files.Count} files, {chain.Open.Count} intents without a result";
        return fault is null
            ? (true, $"the chain is whole: {counted}; it ends with no. {chain.Sequence}, hash {chain.Hash}")
            : (false, $"the chain is broken: {fault}; before that {counted}");
    }

    private static async Task<string> ConfiguredAsync(string[] settings, Func<string[], WebApplication> build)
    {
        await using var app = build(settings);
        return AuditEndpoints.PathOf(app.Services);
    }
}
