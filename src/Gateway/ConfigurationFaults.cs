namespace Gateway;

/// <summary>Why the operator's file could not be read when it had changed; what it said before stays in force. For whoever follows the configuration to tell.</summary>
internal sealed class ConfigurationFaults
{
    private string? last;

    public void Put(string fault) => last = fault;

    /// <summary>The fault that nobody has been told of yet.</summary>
    public string? Take() => Interlocked.Exchange(ref last, null);
}
