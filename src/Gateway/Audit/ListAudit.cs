using System.Globalization;
using Gateway.Auth;
using Gateway.Http;

namespace Gateway.Audit;

/// <summary>listAudit: records newest first, of the namespaces whose audit the caller may read.</summary>
internal static class ListAudit
{
    /// <summary>Records looked at for one page: a filter that few records fit gives short pages, or empty ones, and a token that leads on.</summary>
    private const int MostLookedAt = 20_000;

    public static IResult Handle(HttpContext http, [AsParameters] PageRequest page, [AsParameters] AuditQuery query, Caller caller, AuditLog audit) =>
        Paging.Answer(http, PageOf(audit.Path, page.Size(), Before(page), query.For(caller), MostLookedAt));

    public static Page<AuditRecord> PageOf(string path, int size, long? before, Func<AuditRecord, bool> isWanted, int mostLookedAt)
    {
        var (items, lookedAt, last) = (new List<AuditRecord>(), 0, 0L);
        foreach (var line in AuditReader.NewestFirst(path, before))
        {
            if (items.Count == size || lookedAt == mostLookedAt)
            {
                return new Page<AuditRecord>(items, Paging.Seal(last.ToString(CultureInfo.InvariantCulture)));
            }

            var record = AuditLine.Read(line.Span);
            (lookedAt, last) = (lookedAt + 1, record.Sequence);
            if (isWanted(record))
            {
                items.Add(record);
            }
        }

        return new Page<AuditRecord>(items, null);
    }

    private static long? Before(PageRequest page) => page.After() is not { } last ? null
        : long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? sequence
        : throw ProblemException.InvalidField("pageToken", "is not a token this list gave out");
}
