using Gateway.Containerd;
using Gateway.Containerd.Types.Transfer;
using Gateway.Http;
using Gateway.Oci;
using Gateway.Oci.Registry;

namespace Gateway.Images.Transfer;

/// <summary>Answers the daemon when a registry asks it for credentials. They cross by a stream of one transfer, and the daemon keeps none.</summary>
internal static class RegistryLogin
{
    /// <summary>Transfer knows passwords and refresh tokens; a token that is to be sent as it is it would leave out without a word.</summary>
    public static void RequireSupported(Secret? registryToken)
    {
        if (registryToken is not null)
        {
            throw new ProblemException(ProblemKinds.NotSupportedByTransfer, "containerd's Transfer service takes no registryToken; send username and password, or identityToken");
        }
    }

    /// <summary>The check at a request: the engine is there, and takes these credentials.</summary>
    public static async Task RequireForAsync(this ImageEngines engines, Secret? registryToken, CancellationToken cancel)
    {
        if (await engines.RequireAsync(cancel) is ImageEngine.Transfer)
        {
            RequireSupported(registryToken);
        }
    }

    /// <summary>Answers until the stream ends. Only the registry that the reference names is shown credentials: mirrors get none.</summary>
    public static async Task AnswerAsync(DaemonStream stream, Repository repository, RegistryCredentials credentials)
    {
        while (await stream.ReceiveAsync() is { } message)
        {
            var isOrigin = TypedAny.Parse<AuthRequest>(message) is { } asked && repository.IsOrigin(asked.Host);
            await stream.SendAsync(isOrigin ? Answer(credentials) : new AuthResponse());
        }
    }

    private static AuthResponse Answer(RegistryCredentials credentials) => credentials switch
    {
        { IdentityToken: { } token } => new AuthResponse { AuthType = AuthType.Refresh, Secret = token.Reveal() },
        { Username: { } user, Password: { } password } => new AuthResponse { AuthType = AuthType.Credentials, Username = user, Secret = password.Reveal() },
        _ => new AuthResponse(),
    };
}
