namespace Gateway.Http;

/// <summary>TLS of the listeners, from section <c>Tls</c>.</summary>
internal static class TlsExtensions
{
    public static void AddTls(this WebApplicationBuilder builder, Listeners listeners)
    {
        Check(builder.Configuration, listeners);
        builder.Services.AddOptions<TlsOptions>().BindConfiguration(TlsOptions.Section);
        builder.Services.AddSingleton<ServerCertificate>();
        builder.Services.AddSingleton(services => new Lazy<ServerCertificate>(services.GetRequiredService<ServerCertificate>));
        builder.Services.ConfigureOptions<TlsSetup>();
    }

    private static void Check(ConfigurationManager configuration, Listeners listeners)
    {
        // Endpoints of this section take the place of the listeners, and with it of what is asked of them.
        if (configuration.GetSection("Kestrel").GetChildren().FirstOrDefault() is { } own)
        {
            throw new InvalidOperationException($"the start is refused: {own.Path} is set; listeners are set up with Urls and Management:Urls, and TLS with Tls");
        }

        var tls = configuration.GetSection(TlsOptions.Section).Get<TlsOptions>() ?? new TlsOptions();
        if (tls.CertificateFile is null != tls.KeyFile is null)
        {
            throw new InvalidOperationException("the start is refused: Tls:CertificateFile and Tls:KeyFile belong together, and one of them is missing");
        }

        if (tls.CertificateFile is null && listeners.FirstTls is { } https)
        {
            throw new InvalidOperationException($"the start is refused: {https} needs a certificate: set Tls:CertificateFile and Tls:KeyFile");
        }
    }
}
