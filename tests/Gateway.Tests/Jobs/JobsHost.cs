using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci.Registry;
using Gateway.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Jobs;

/// <summary>The jobs alone in a web application: real store, real runner, real HTTP; callers by header.</summary>
internal sealed class JobsHost : IAsyncDisposable
{
    public static readonly Caller Alice = new("key:alice", []);

    private readonly WebApplication app;
    private bool stopped;

    private JobsHost(WebApplication app, LogLines logs) => (this.app, Logs) = (app, logs);

    public LogLines Logs { get; }

    public JobStarter Starter => Get<JobStarter>();

    public JobQueries Queries => Get<JobQueries>();

    public static async Task<JobsHost> StartAsync(
        TempFolder folder, IJobHandler handler, TimeProvider? time = null, bool kestrel = false, RequestDelegate? more = null, bool webhooks = false, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var logs = new LogLines();
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.Configuration["Jobs:Database"] = folder.Database;
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key.Contains(':') ? key : $"Jobs:{key}"] = value;
        }

        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton(handler);
        builder.Services.AddSingleton<ICallers, HeaderCallers>();
        builder.AddJobs();
        if (webhooks)
        {
            builder.Services.AddSingleton(new RegistryOptions { Egress = new EgressPolicy(allowLoopback: true) });
            builder.AddWebhooks();
        }

        if (kestrel)
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        var built = builder.Build();
        built.Use(AnswerProblemsAsync);
        built.UseIdempotency();
        built.MapJobs();
        if (webhooks)
        {
            built.MapGroup("/v1").MapWebhooks();
        }

        built.MapPost("/v1/work", async (HttpContext http, JobStarter jobs, CancellationToken cancel) =>
            await JobAnswers.Accepted(http, await jobs.StartAsync(Work(http.Request.Query["key"]), http, cancel), cancel));
        if (more is not null)
        {
            built.MapPost("/v1/more", more);
        }

        try
        {
            await built.StartAsync(TestClock.Limit());
        }
        catch
        {
            await built.DisposeAsync();
            throw;
        }

        return new JobsHost(built, logs);
    }

    public static JobStart Work(string? key = null, string? secret = null, TimeSpan? timeout = null, string @namespace = "team-a") =>
        new(TestHandler.DefaultKind, @namespace, new { Reference = "docker.io/library/alpine:3.20" }, key, secret, timeout ?? TimeSpan.FromHours(1));

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public Task<JobRecord> StartJobAsync(
        string? key = null, string? secret = null, TimeSpan? timeout = null, Caller? caller = null, string @namespace = "team-a") =>
        Starter.StartAsync(Work(key, secret, timeout, @namespace), caller ?? Alice, key: null, TestClock.Limit());

    /// <summary>The job once it looks as the test wants.</summary>
    public async Task<JobRecord> UntilAsync(string id, Func<JobRecord, bool> condition)
    {
        using var watch = Get<JobHub>().Watch(id, "key:alice");
        var job = Get<JobWatcher>().Find(id)!;
        while (!condition(job))
        {
            job = (await watch.NextAsync(job.EventId, TimeSpan.FromDays(1), TimeProvider.System, TestClock.Limit()))!;
        }

        return job;
    }

    public Task<JobRecord> EndOfAsync(string id) => UntilAsync(id, job => job.State.IsFinal());

    /// <summary>A client of the subject, who may do the given in the given namespaces besides reaching what is its own.</summary>
    public HttpClient Client(string subject = "key:alice", string? permission = null, string namespaces = "*")
    {
        var client = app.Services.GetRequiredService<IServer>() is TestServer test
            ? test.CreateClient()
            : new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        client.DefaultRequestHeaders.Add("X-Subject", subject);
        if (permission is not null)
        {
            client.DefaultRequestHeaders.Add("X-Grant", $"{permission} {namespaces}");
        }

        return client;
    }

    public async Task<JsonElement> GetAsync(string path, HttpClient? client = null) =>
        await (client ?? Client()).GetFromJsonAsync<JsonElement>(path, TestClock.Limit());

    /// <summary>No credentials are good any more, or only for what the grants say.</summary>
    public void Revoke(params Grant[] left) => ((HeaderCallers)Get<ICallers>()).Left = left;

    public void BeginShutdown() => app.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

    public async Task StopAsync()
    {
        if (!stopped)
        {
            stopped = true;
            await app.StopAsync(TestClock.Limit());
            await app.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Stands for authentication and for the exception handler of the whole application.</summary>
    private static async Task AnswerProblemsAsync(HttpContext http, RequestDelegate next)
    {
        http.Features.Set(await http.RequestServices.GetRequiredService<ICallers>().FindAsync(http));
        try
        {
            await next(http);
        }
        catch (ProblemException problem) when (!http.Response.HasStarted)
        {
            http.Response.StatusCode = problem.Kind.Status;
            if (problem.RetryAfter is { } wait)
            {
                http.Response.Headers.RetryAfter = $"{wait.TotalSeconds:0}";
            }

            await http.Response.WriteAsJsonAsync(new { problem.Kind.Code, Detail = problem.Message, problem.Errors }, TestClock.Limit());
        }
    }
}
