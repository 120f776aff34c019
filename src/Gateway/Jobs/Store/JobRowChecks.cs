using System.Buffers.Binary;
using System.Security.Cryptography;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Gateway.Jobs;

/// <summary>
/// A check value in each row. SQLite finds a broken page or index, but takes changed bytes inside a value for data. Triggers keep the values, so no
/// statement has to think of them. They tell of damage, not of malice.
/// </summary>
internal static class JobRowChecks
{
    private const string Function = "row_check";

    private static readonly string[] Tables = ["jobs", "idempotency", "webhooks", "deliveries", "node"];

    /// <summary>Every connection that writes needs the function.</summary>
    public static void Register(SqliteConnection connection) => connection.CreateFunction(Function, (Func<object?[], long>)Of, isDeterministic: true);

    /// <summary>Makes triggers and values anew for the tables as they are now, inside the upgrade's transaction.</summary>
    public static void Install(SqliteConnection connection)
    {
        foreach (var table in Tables)
        {
            var columns = Columns(connection, table);
            var set = $"UPDATE {table} SET check_value = {Function}({columns})";
            connection.Execute(
                $"""
                DROP TRIGGER IF EXISTS {table}_inserted;
                DROP TRIGGER IF EXISTS {table}_updated;
                {set};
                CREATE TRIGGER {table}_inserted AFTER INSERT ON {table} BEGIN {set} WHERE rowid = NEW.rowid; END;
                CREATE TRIGGER {table}_updated AFTER UPDATE OF {columns} ON {table} BEGIN {set} WHERE rowid = NEW.rowid; END;
                """);
        }

        connection.Execute($"UPDATE node SET schema_check = ({Schema})");
    }

    /// <summary>What is wrong first; null where each row is as it was written.</summary>
    public static string? FindDamage(SqliteConnection connection)
    {
        if (connection.ExecuteScalar<int>($"SELECT count(*) FROM node WHERE schema_check = ({Schema})") is not 1)
        {
            return "its schema is not the one it was made with";
        }

        foreach (var table in Tables)
        {
            var broken = connection.ExecuteScalar<long>($"SELECT count(*) FROM {table} WHERE check_value IS NOT {Function}({Columns(connection, table)})");
            if (broken > 0)
            {
                return $"{broken} rows of {table} are not as they were written";
            }
        }

        return null;
    }

    private const string Schema =
        $"""
        SELECT {Function}(group_concat(type || ' ' || name || ' ' || tbl_name || ' ' || sql, ';'))
        FROM (SELECT * FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name)
        """;

    private static string Columns(SqliteConnection connection, string table) => string.Join(", ", connection.Query<string>(
        "SELECT name FROM pragma_table_info(@Table) WHERE name <> 'check_value' ORDER BY cid", new { Table = table }));

    /// <summary>64 bits of a SHA-256 over the values with their types and lengths.</summary>
    private static long Of(object?[] values)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (var value in values)
        {
            switch (value)
            {
                case long number:
                    writer.Write((byte)1);
                    writer.Write(number);
                    break;
                case string text:
                    writer.Write((byte)2);
                    writer.Write(text);
                    break;
                case byte[] blob:
                    writer.Write((byte)3);
                    writer.Write(blob.Length);
                    writer.Write(blob);
                    break;
                default: // NULL: the tables are strict and have no other type
                    writer.Write((byte)0);
                    break;
            }
        }

        writer.Flush();
        return BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }
}
