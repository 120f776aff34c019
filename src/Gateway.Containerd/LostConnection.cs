using Grpc.Core;

namespace Gateway.Containerd;

/// <summary>
/// Tells a connection that broke off from what a daemon says. gRPC has a status for each way that it can break: INTERNAL in the middle of a message,
/// CANCELLED behind the last one, and others. To us they are one, and all of them pass.
/// </summary>
public static class LostConnection
{
    /// <summary>UNAVAILABLE in place of a failure that the connection made; null for what the daemon or the caller itself said.</summary>
    public static RpcException? In(RpcException failure)
    {
        var (status, cause) = (failure.Status, failure.Status.DebugException);
        return status.StatusCode is not StatusCode.Unavailable and not StatusCode.DeadlineExceeded && (cause is IOException or HttpRequestException || IsUnended(status))
            ? new RpcException(new Status(StatusCode.Unavailable, status.Detail, cause))
            : null;
    }

    // grpc-dotnet's words where an answer has no trailers.
    private static bool IsUnended(Status status) => status.DebugException is null && status.Detail.StartsWith("No grpc-status found", StringComparison.Ordinal);
}
