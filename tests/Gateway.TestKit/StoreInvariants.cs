using System.Text;
using Microsoft.Data.Sqlite;

namespace Gateway.TestKit;

/// <summary>What must hold in the gateway's job store, read by SQLite itself, when no work goes on in a namespace.</summary>
internal static class StoreInvariants
{
    /// <summary>Each row that it gives is a violation.</summary>
    private const string Rules =
        """
        SELECT 'the job store is damaged: ' || integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'
        UNION ALL SELECT 'job ' || id || ' is ' || state || ' though nothing works on it' FROM jobs WHERE namespace = $namespace AND finished_at IS NULL
        UNION ALL SELECT 'job ' || id || ' keeps its credentials' FROM jobs WHERE namespace = $namespace AND secret IS NOT NULL
        UNION ALL SELECT 'job ' || id || ' has more attempts than owners' FROM jobs WHERE namespace = $namespace AND attempt > epoch
        UNION ALL SELECT 'job ' || id || ' has failed ' || failures || ' times' FROM jobs WHERE namespace = $namespace AND failures > $max
        UNION ALL SELECT 'job ' || id || ' succeeded without an attempt' FROM jobs WHERE namespace = $namespace AND state = 'succeeded' AND attempt < 1
        UNION ALL SELECT 'job ' || id || ' is failed without an error' FROM jobs WHERE namespace = $namespace AND state = 'failed' AND error IS NULL
        UNION ALL SELECT 'the clean-up of job ' || id || ' is still to be done' FROM jobs WHERE namespace = $namespace AND cleanup_pending <> 0
        UNION ALL SELECT queued || ' jobs of ' || subject || ' are counted as waiting' FROM flows WHERE namespace = $namespace AND queued <>
          (SELECT count(*) FROM jobs WHERE state = 'queued' AND namespace = flows.namespace AND subject = flows.subject)
        UNION ALL SELECT 'an Idempotency-Key was given no answer' FROM idempotency WHERE job_id IS NULL AND coalesce(status, 0) = 0
        """;

    public static IEnumerable<string> Violations(NodeTraces traces, string containerdNamespace) =>
        [.. Rows(traces, containerdNamespace), .. Secrets(traces)];

    private static List<string> Rows(NodeTraces traces, string containerdNamespace)
    {
        using var connection = new SqliteConnection($"Data Source={traces.JobDatabase};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Rules;
        command.Parameters.AddWithValue("$namespace", containerdNamespace);
        command.Parameters.AddWithValue("$max", traces.MaxAttempts);
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(reader.GetString(0));
        }

        return rows;
    }

    private static IEnumerable<string> Secrets(NodeTraces traces)
    {
        var places = Directory.EnumerateFiles(Path.GetDirectoryName(traces.JobDatabase)!, Path.GetFileName(traces.JobDatabase) + "*")
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Select(file => (Name: Path.GetFileName(file), Bytes: Read(file))).Append(("the log", Encoding.UTF8.GetBytes(traces.Log)));
        return from place in places
               from canary in traces.Canaries
               where Canary.Forms(canary).Any(form => place.Item2.AsSpan().IndexOf(Encoding.UTF8.GetBytes(form)) >= 0)
               select $"a secret stands in {place.Item1}";
    }

    private static byte[] Read(string file)
    {
        using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        open.CopyTo(bytes);
        return bytes.ToArray();
    }
}
