using System.ComponentModel.DataAnnotations;

namespace Gateway;

/// <summary>Section <c>Tenancy</c>.</summary>
internal sealed class TenancyOptions
{
    public const string Section = "Tenancy";

    /// <summary>Whether namespaces are to be walls between parties that do not trust each other. Default <c>single</c>: they are not relied upon.</summary>
    [EnumDataType(typeof(TenancyMode))]
    public TenancyMode Mode { get; init; } = TenancyMode.Single;
}

/// <summary>Who uses this node.</summary>
internal enum TenancyMode
{
    /// <summary>One party, or several that may see each other's content.</summary>
    Single,

    /// <summary>Several: the gateway serves only where containerd keeps the content of namespaces apart.</summary>
    Multi,
}

/// <summary>Whether a namespace is given content of another by naming its digest.</summary>
internal enum ContentSharing
{
    /// <summary>Not found out yet.</summary>
    Unknown,

    /// <summary>It is not.</summary>
    Isolated,

    /// <summary>It is: who knows a digest can read the content.</summary>
    Shared,
}

/// <summary>What the start has found out of this containerd.</summary>
internal sealed class TenancyState
{
    private volatile ContentSharing sharing;

    public ContentSharing Sharing
    {
        get => sharing;
        set => sharing = value;
    }
}
