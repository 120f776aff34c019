using Gateway;
using Gateway.Auth;

if (ApiKeyCommand.TryRun(args))
{
    return;
}

await GatewayApp.Build(args).RunAsync();
