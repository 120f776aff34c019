using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.OpenApi;

namespace Gateway.Leases;

/// <summary>Routes of tag "Leases", under <c>/v1/namespaces/{namespace}/leases</c>.</summary>
internal static class LeaseEndpoints
{
    public static void AddLeases(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IValidator<LeaseRequest>, LeaseRequestValidator>();
        builder.Services.AddSingleton<IValidator<LeasePatch>, LeasePatchValidator>();
        builder.Services.AddSingleton<IValidator<LeaseResourceRequest>, LeaseResourceValidator>();
    }

    public static void MapLeases(this IEndpointRouteBuilder inNamespace)
    {
        var leases = inNamespace.MapGroup("/leases").WithTags("Leases");

        leases.MapGet("", ListLeases.Handle).Needs(Permission.LeasesRead).WithName("listLeases")
            .WithSummary("List leases").WithDescription("The leases of a namespace by id, also those that have expired and are not collected yet. Filters: `id`, `labels`.")
            .Produces<Page<LeaseView>>();
        leases.MapPost("", CreateLease.Handle).Needs(Permission.LeasesWrite).Validates<LeaseRequest>().WithName("createLease")
            .WithSummary("Create a lease").WithDescription("What it is given is kept from the garbage collector until its term is over.")
            .Produces<LeaseView>(StatusCodes.Status201Created).Fails(409, 413, 415)
            .Example("""{"id": "build-42", "term": "2h", "labels": {"owner": "ci"}}""");
        leases.MapGet("/{lease}", GetLease.Handle).Needs(Permission.LeasesRead).WithName("getLease")
            .WithSummary("Get a lease").WithDescription("One lease.").Produces<LeaseView>().Produces(StatusCodes.Status304NotModified);
        leases.MapPatch("/{lease}", UpdateLease.Handle).Needs(Permission.LeasesWrite).Validates<LeasePatch>().WithName("updateLease")
            .WithSummary("Prolong a lease")
            .WithDescription("Gives the lease a new term from now, or changes its labels by JSON Merge Patch (RFC 7396). containerd has no such call, so the lease is made anew under its id; a stand-in keeps what it holds meanwhile.")
            .Produces<LeaseView>().Fails(409, 412, 413, 415).Example("""{"term": "24h", "labels": {"owner": null}}""");
        leases.MapDelete("/{lease}", DeleteLease.Handle).Needs(Permission.LeasesWrite).WithName("deleteLease")
            .WithSummary("Delete a lease").WithDescription("What nothing else keeps goes with the next garbage collection; `sync` waits for it.")
            .Produces(StatusCodes.Status204NoContent).Fails(409, 412);

        leases.MapGet("/{lease}/resources", ListLeaseResources.Handle).Needs(Permission.LeasesRead).WithName("listLeaseResources")
            .WithSummary("List what a lease keeps").WithDescription("What the lease was given, by type and id. What that leads to is kept too.")
            .Produces<Page<LeaseResourceView>>();
        leases.MapPost("/{lease}/resources", AddLeaseResource.Handle).Needs(Permission.LeasesWrite).Validates<LeaseResourceRequest>().WithName("addLeaseResource")
            .WithSummary("Give a lease something to keep").WithDescription("It must be there. Images can be given from containerd 2.0 on.")
            .Produces<LeaseResourceView>(StatusCodes.Status201Created).Fails(409, 413, 415, 422)
            .Example("""{"type": "snapshot", "snapshotter": "overlayfs", "id": "my-work"}""");
        leases.MapDelete("/{lease}/resources", DeleteLeaseResource.Handle).Needs(Permission.LeasesWrite).Validates<LeaseResourceRequest>().WithName("deleteLeaseResource")
            .WithSummary("Take something from a lease").WithDescription("The lease no longer keeps it; nothing else changes until the next garbage collection.")
            .Produces(StatusCodes.Status204NoContent).Fails(409);
    }
}
