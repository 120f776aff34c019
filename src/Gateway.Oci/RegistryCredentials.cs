namespace Gateway.Oci;

/// <summary>What a caller may present to a registry; at most one form is set.</summary>
/// <remarks>Has no ToString and no serialiser of its own: secrets are never printed.</remarks>
public sealed class RegistryCredentials
{
    /// <summary>User name of Basic and of the password grant.</summary>
    public string? Username { get; init; }

    /// <summary>Password of Basic and of the password grant.</summary>
    public string? Password { get; init; }

    /// <summary>A refresh token, exchanged at the token server.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>A bearer token sent to the registry as it is.</summary>
    public string? RegistryToken { get; init; }

    /// <inheritdoc />
    public override string ToString() => nameof(RegistryCredentials);
}
