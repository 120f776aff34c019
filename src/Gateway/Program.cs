using Gateway;
using Gateway.Audit;
using Gateway.Auth;
using Gateway.Jobs;
using Gateway.OpenApi;

if (ApiKeyCommand.TryRun(args) || await OpenApiCommand.TryRunAsync(args, () => GatewayApp.Build([])) || await RestoreJobsCommand.TryRunAsync(args, GatewayApp.Build)
    || await VerifyAuditCommand.TryRunAsync(args, GatewayApp.Build))
{
    return;
}

await GatewayApp.Build(args).RunAsync();
