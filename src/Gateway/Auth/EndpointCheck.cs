namespace Gateway.Auth;

/// <summary>Refuses the start where an endpoint declares neither a permission nor that it is open to anyone.</summary>
internal sealed class EndpointCheck(EndpointDataSource endpoints) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var silent = endpoints.Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<NeedsPermission>() is null && endpoint.Metadata.GetMetadata<OpenToAnyone>() is null)
            .Select(endpoint => endpoint.DisplayName ?? "?")
            .ToArray();
        return silent.Length is 0 ? Task.CompletedTask
            : throw new InvalidOperationException($"endpoints without a declared permission: {string.Join("; ", silent)}");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
