using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>Callers by client certificate: clients are asked for one where the configuration takes any.</summary>
internal static class ClientCertificateExtensions
{
    public static void AddClientCertificates(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(ClientCertificateOptions.Section).Get<ClientCertificateOptions>();
        builder.Services.AddOptions<ClientCertificateOptions>().BindConfiguration(ClientCertificateOptions.Section).ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<ClientCertificateOptions>, ClientCertificateOptionsValidator>();
        builder.Services.AddSingleton<CertificateCallers>();
        builder.Services.Configure<TlsOptions>(tls => tls.AsksForCertificates = options is { IsOn: true });
    }
}
