using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http;

/// <summary>The HTTP mechanism: limits, JSON rules, request ids, problems.</summary>
internal static class HttpExtensions
{
    /// <summary>Largest JSON body, in bytes: 1 MiB. Streamed uploads set their own.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    /// <summary>Longest request line, in bytes.</summary>
    private const int MaxRequestLineBytes = 8 * 1024;

    /// <summary>Longest headers together, in bytes; the most of it is a token's.</summary>
    private const int MaxHeaderBytes = 32 * 1024;

    private const int MaxHeaders = 100;

    /// <summary>A client that sends or takes less is cut off; see also what a reader of events may do.</summary>
    private const double LeastBytesPerSecond = 240;

    public static void AddGatewayHttp(this WebApplicationBuilder builder)
    {
        var listeners = Listeners.From(builder.Configuration);
        var allowedHosts = AllowedHosts.From(builder.Configuration, listeners);
        builder.Services.AddSingleton(listeners);
        builder.WebHost.UseUrls([.. listeners.Api, .. listeners.Management]);
        builder.Services.ConfigureHttpJsonOptions(json => GatewayJson.Configure(json.SerializerOptions));
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        builder.Services.AddExceptionHandler<ProblemHandler>();
        builder.Services.AddSingleton(allowedHosts);
        // The framework's own filter stands in front of all else and answers without a problem.
        builder.Services.Configure<Microsoft.AspNetCore.HostFiltering.HostFilteringOptions>(hosts => hosts.AllowedHosts = ["*"]);
        var origins = CrossOrigins.From(builder.Configuration);
        builder.Services.AddSingleton(origins);
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(origins.Configure));
        builder.AddTls(listeners);
        builder.Services.AddOptions<ConnectionLimitOptions>().BindConfiguration(ConnectionLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ConnectionLimits>();
        // A line feed alone ends no line: proxies disagree on it.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", isEnabled: true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = ContentLengthEncoding.For;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Use(kestrel.ApplicationServices.GetRequiredService<ConnectionLimits>().Before));
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxConcurrentConnections = ConnectionLimitOptions.MostConnections;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = MaxHeaders;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(LeastBytesPerSecond, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.MinResponseDataRate = new MinDataRate(LeastBytesPerSecond, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
        });
    }

    public static void UseGatewayHttp(this WebApplication app)
    {
        app.UsePathText();
        app.UseMiddleware<RequestIds>();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = _ => Task.CompletedTask,
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseStatusCodePages(context => ProblemHandler.WriteStatusAsync(context.HttpContext));
        app.UseMiddleware<MessageForms>();
        app.UseMiddleware<ManagementPort>();
        app.UseMiddleware<HostGuard>();
        app.UseMiddleware<CrossSiteGuard>();
        // Here, so that preflights, which carry no credential, are answered before any is asked for; the guard has kept away all but listed origins'.
        app.UseCors();
    }

    /// <summary>What is asked of every request before an endpoint's parameters are bound. Comes after the caller is known.</summary>
    public static void UseBindingGuard(this WebApplication app) => app.UseMiddleware<BindingGuard>();
}
