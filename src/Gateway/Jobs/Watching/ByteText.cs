namespace Gateway.Jobs;

/// <summary>Sizes and times for people. Decimal units, as the registries' pages use.</summary>
internal static class ByteText
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    public static string Of(long bytes)
    {
        var unit = UnitOf(bytes);
        return $"{In(bytes, unit)} {Units[unit]}";
    }

    /// <summary>Both in the larger one's unit: <c>12.3/45.6 MB</c>.</summary>
    public static string Share(long done, long total)
    {
        var unit = UnitOf(total);
        return $"{In(done, unit)}/{In(total, unit)} {Units[unit]}";
    }

    public static string Seconds(long seconds) => seconds switch
    {
        < 60 => $"{seconds}s",
        < 3600 => $"{seconds / 60}m{seconds % 60:00}s",
        < 360_000 => $"{seconds / 3600}h{seconds / 60 % 60:00}m",
        _ => "days",
    };

    /// <summary>999.95 would be shown as 1000.0: it belongs to the next unit.</summary>
    private static int UnitOf(long bytes)
    {
        var unit = 0;
        for (double size = bytes; size >= (unit == 0 ? 1000 : 999.95) && unit < Units.Length - 1; size /= 1000)
        {
            unit++;
        }

        return unit;
    }

    private static string In(long bytes, int unit) => unit == 0 ? $"{bytes}" : $"{bytes / Math.Pow(1000, unit):0.0}";
}
