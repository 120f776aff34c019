namespace Gateway.Auth;

/// <summary>Rates of requests, and of wrong credentials.</summary>
internal static class RequestLimitExtensions
{
    public static void AddRequestLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<RequestLimitOptions>().BindConfiguration(RequestLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<RequestBudgets>();
    }

    /// <summary>Comes before the caller is looked for.</summary>
    public static void UseGuessLimit(this IApplicationBuilder app) => app.UseMiddleware<GuessLimit>();
}
