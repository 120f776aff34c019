namespace Gateway;

/// <summary>
/// Why the operator's file could not be read when it had changed. It counts as empty then, to the framework; whoever follows the configuration asks here first.
/// </summary>
internal sealed class ConfigurationFaults
{
    private string? last;

    public void Put(Exception fault) => last = fault.InnerException?.Message ?? fault.Message;

    /// <summary>The fault that nobody has been told of yet.</summary>
    public string? Take() => Interlocked.Exchange(ref last, null);
}
