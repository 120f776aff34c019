using FluentValidation;
using Gateway.Auth;
using Gateway.Containerd;
using Gateway.Containerd.Services.Namespaces;
using Gateway.Http;
using Grpc.Core;

namespace Gateway.Namespaces;

/// <summary>A namespace to make. Most need not be made: a namespace comes with its first image.</summary>
internal sealed record CreateNamespaceBody
{
    /// <summary>Letters, digits, and single `.`, `_`, `-` between them; at most 76 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

internal sealed class CreateNamespaceValidator : AbstractValidator<CreateNamespaceBody>
{
    public CreateNamespaceValidator()
    {
        RuleFor(body => body.Name).MustBeNamespaceName();
        RuleFor(body => body.Labels).MustBeLabels();
    }
}

/// <summary>createNamespace.</summary>
internal static class CreateNamespace
{
    public static async Task<IResult> Handle(HttpContext http, CreateNamespaceBody body, Caller caller, ContainerdClient containerd, CancellationToken cancel)
    {
        // The path names no namespace, so the grant on this one is asked here; still before containerd is.
        if (!caller.May(Permission.NamespacesWrite, body.Name))
        {
            throw new ProblemException(ProblemKinds.Forbidden, $"{Permission.NamespacesWrite} is not granted in this namespace");
        }

        var created = new Namespace { Name = body.Name };
        created.Labels.Add((body.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal));
        try
        {
            await containerd.In(body.Name).Namespaces.CreateAsync(new CreateNamespaceRequest { Namespace = created }, cancellationToken: cancel);
        }
        catch (RpcException exists) when (exists.StatusCode is StatusCode.AlreadyExists)
        {
            throw new ProblemException(ProblemKinds.Conflict, $"namespace '{body.Name}' exists already", exists);
        }

        return Resource.Created(http, $"/v1/namespaces/{body.Name}", NamespaceView.From(created));
    }
}
