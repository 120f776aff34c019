namespace Gateway.Oci;

/// <summary>What a caller may present to a registry; at most one form is set.</summary>
public sealed class RegistryCredentials
{
    /// <summary>User name of Basic and of the password grant.</summary>
    public string? Username { get; init; }

    /// <summary>Password of Basic and of the password grant.</summary>
    public Secret? Password { get; init; }

    /// <summary>A refresh token, exchanged at the token server.</summary>
    public Secret? IdentityToken { get; init; }

    /// <summary>A bearer token sent to the registry as it is.</summary>
    public Secret? RegistryToken { get; init; }
}
