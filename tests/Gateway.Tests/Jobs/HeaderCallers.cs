using Gateway.Auth;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Jobs;

/// <summary>Callers who are who they say they are.</summary>
internal sealed class HeaderCallers : ICallers
{
    /// <summary>Once it is set, this is all that anyone has, and none of them is known where it is empty.</summary>
    public IReadOnlyList<Grant>? Left { get; set; }

    public Caller? Find(string subject) => Left is null ? null : new Caller(subject, Left);

    public Task<Caller?> FindAsync(HttpContext http)
    {
        var said = http.Request.Headers["X-Grant"].ToString().Split(' ');
        Grant[] grants = said.Length == 2 ? [new Grant([said[0]], said[1].Split(','))] : [];
        return Task.FromResult(Left is { Count: 0 } ? null : new Caller(http.Request.Headers["X-Subject"].ToString(), Left ?? grants));
    }
}
