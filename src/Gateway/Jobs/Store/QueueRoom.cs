using Dapper;
using Gateway.Http;
using Microsoft.Data.Sqlite;

namespace Gateway.Jobs;

/// <summary>How many jobs may wait.</summary>
/// <param name="All">Of everybody together. It is no wall around namespaces that have none waiting, up to twice as many.</param>
/// <param name="PerSubject">Of one subject; 0: as many as there is room for.</param>
/// <param name="PerNamespace">In one namespace; 0: as many as there is room for.</param>
internal sealed record QueueRoom(int All, int PerSubject = 0, int PerNamespace = 0)
{
    /// <summary>When to come back to a full queue.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    /// <summary>Throws <c>too_many_requests</c> where there is no room for one more of this caller in this namespace.</summary>
    public void Require(SqliteConnection connection, string subject, string containerdNamespace)
    {
        var (all, inNamespace, own) = connection.QuerySingle<(int, int, int)>(
            """
            SELECT coalesce(sum(queued), 0), coalesce(sum(queued) FILTER (WHERE namespace = @Namespace), 0), coalesce(sum(queued) FILTER (WHERE subject = @Subject), 0)
            FROM flows
            """,
            new { Namespace = containerdNamespace, Subject = subject });
        if (all >= All && (inNamespace > 0 || all >= 2 * All))
        {
            throw Full($"{all} jobs are waiting already");
        }

        if (PerSubject > 0 && own >= PerSubject)
        {
            throw Full($"{own} jobs of this caller are waiting already");
        }

        if (PerNamespace > 0 && inNamespace >= PerNamespace)
        {
            throw Full($"{inNamespace} jobs are waiting in this namespace already");
        }
    }

    private static ProblemException Full(string detail) => new(ProblemKinds.TooManyRequests, detail) { RetryAfter = Retry };
}
