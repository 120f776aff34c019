using System.ComponentModel.DataAnnotations;

namespace Gateway;

/// <summary>Section <c>Images</c>, as far as it says who moves images.</summary>
internal sealed class ImageEngineOptions
{
    public const string Section = "Images";

    /// <summary>Who moves images between registries and containerd. Default <c>auto</c>.</summary>
    [EnumDataType(typeof(EngineSetting))]
    public EngineSetting Engine { get; init; } = EngineSetting.Auto;

    /// <summary>The daemon's <c>bin_dir</c> of image verifiers, which it does not tell. Default is the daemon's own.</summary>
    [Required]
    public string VerifierFolder { get; init; } = "/opt/containerd/image-verifier/bin";
}

/// <summary>What the operator wants.</summary>
internal enum EngineSetting
{
    /// <summary>The gateway's engine, unless the daemon has image verifiers in use.</summary>
    Auto,

    /// <summary>containerd's Transfer service; what it cannot do is refused.</summary>
    Transfer,

    /// <summary>The gateway's engine.</summary>
    Gateway,
}
