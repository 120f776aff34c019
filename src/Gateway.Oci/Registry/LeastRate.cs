namespace Gateway.Oci.Registry;

/// <summary>
/// Judges whether a body comes too slowly: within each window of time spent waiting for it, at least 1 KiB a second is to come. The time its reader
/// takes to deal with the bytes is not the registry's.
/// </summary>
internal sealed class LeastRate(TimeSpan window)
{
    /// <summary>A slower registry holds a place for longer than the bytes are worth: at this rate 10 MB take almost three hours.</summary>
    public const int BytesPerSecond = 1024;

    private TimeSpan waited;
    private long bytes;

    /// <summary>Whether too little came in the last window that is over.</summary>
    public bool Missed { get; private set; }

    public void Add(int read, TimeSpan wait)
    {
        bytes += read;
        waited += wait;
        if (waited >= window)
        {
            Missed = bytes < BytesPerSecond * waited.TotalSeconds;
            (waited, bytes) = (TimeSpan.Zero, 0);
        }
    }
}
