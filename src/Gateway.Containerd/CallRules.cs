using System.Diagnostics.Metrics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Gateway.Containerd;

/// <summary>What every call to containerd gets: its namespace and lease, a deadline by class, the guard, and a count of failures.</summary>
/// <param name="containerdNamespace">Null only for services that know no namespace.</param>
/// <param name="leaseId">Everything the call creates is added to this lease.</param>
internal sealed class CallRules(string? containerdNamespace, string? leaseId) : Interceptor
{
    internal const string NamespaceHeader = "containerd-namespace";
    internal const string LeaseHeader = "containerd-lease";

    private static readonly Meter Meter = new("Gateway.Containerd");
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "gateway.containerd.errors", "{error}", "Calls to containerd that failed, by method and gRPC status.");

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        Guard(request);
        Failpoint.Before(context.Method.FullName, Injected);
        var late = LateCancel.For(context.Method.ServiceName, context.Method.Name, context.Options.CancellationToken);
        var call = continuation(request, With(context, late));
        return new AsyncUnaryCall<TResponse>(
            Counted(call.ResponseAsync, context.Method.FullName, late), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        Guard(request);
        try
        {
            return continuation(request, With(context));
        }
        catch (RpcException failure)
        {
            Count(failure, context.Method.FullName);
            throw;
        }
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        Guard(request);
        return continuation(request, With(context));
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation) =>
        continuation(With(context));

    /// <summary>What a failpoint throws in place of a call. UNKNOWN is what containerd reports the system's own errors as.</summary>
    internal static RpcException Injected(string text) =>
        new(new Status(text.Contains("space", StringComparison.Ordinal) ? StatusCode.Unknown : StatusCode.Unavailable, text));

    private static void Guard<TRequest>(TRequest request)
    {
        if (request is IMessage message)
        {
            RequestGuard.Check(message);
        }
    }

    private static async Task<TResponse> Counted<TResponse>(Task<TResponse> answer, string method, LateCancel? late)
    {
        using var followed = late;
        try
        {
            var answered = await answer;
            Failpoint.After(method, Injected);
            return answered;
        }
        catch (RpcException failure)
        {
            var lost = LostConnection.In(failure);
            Count(lost ?? failure, method);
            if (lost is not null)
            {
                throw lost;
            }

            throw;
        }
    }

    private static void Count(RpcException failure, string method) =>
        Failures.Add(1, new("rpc.method", method), new("rpc.grpc.status_code", (int)failure.StatusCode));

    private ClientInterceptorContext<TRequest, TResponse> With<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context, LateCancel? late = null)
        where TRequest : class
        where TResponse : class
    {
        // A copy: metadata handed in is never changed, and nothing a caller sent becomes a header.
        var headers = new Metadata();
        if (containerdNamespace is not null)
        {
            headers.Add(NamespaceHeader, containerdNamespace);
        }

        if (leaseId is not null)
        {
            headers.Add(LeaseHeader, leaseId);
        }

        var options = context.Options.WithHeaders(headers);
        if (options.Deadline is null && CallDeadlines.For(context.Method.ServiceName, context.Method.Name) is { } limit)
        {
            options = options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + limit);
        }

        return new ClientInterceptorContext<TRequest, TResponse>(
            context.Method, context.Host, late is null ? options : options.WithCancellationToken(late.Token));
    }
}
