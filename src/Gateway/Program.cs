using Gateway;
using Gateway.Audit;
using Gateway.Auth;
using Gateway.Jobs;
using Gateway.OpenApi;

// A blob that is read fills a window of 2 MiB with pieces of 16 KiB, and the runtime's pool keeps 32 for each core: on two cores most would be made anew,
// 45 MB for 770 MB read. This is read once, when the pool is first used, and has no other door.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_BUFFERS_SHAREDARRAYPOOL_MAXARRAYSPERPARTITION", "128");

if (ApiKeyCommand.TryRun(args) || await OpenApiCommand.TryRunAsync(args, () => GatewayApp.Build([])) || await RestoreJobsCommand.TryRunAsync(args, GatewayApp.Build)
    || await VerifyAuditCommand.TryRunAsync(args, GatewayApp.Build))
{
    return;
}

await GatewayApp.Build(args).RunAsync();
