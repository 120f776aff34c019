namespace Gateway.Oci;

/// <summary>What a document from a registry may have at most. A document beyond a limit is refused whole, never cut.</summary>
public static class DocumentLimits
{
    /// <summary>Largest manifest, index or config: 4 MiB, in bytes.</summary>
    /// <remarks>distribution-spec v1.1, "Pushing Manifests", asks both sides to support at least that; containerd stops at about the same.</remarks>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Deepest nesting of JSON arrays and objects. The specs' own fields nest to 5.</summary>
    public const int MaxDepth = 32;

    /// <summary>Most layers of an image. overlayfs stacks at most 500 lower folders (OVL_MAX_STACK), Docker builds at most 127 layers.</summary>
    public const int MaxLayers = 512;

    /// <summary>Deepest nesting of indexes. An index in an index in an index: no tool makes more, and each level costs a fetch.</summary>
    public const int MaxIndexDepth = 4;

    /// <summary>Most entries of an index: far more than there are platforms, each with an attestation. containerd gets a label for each.</summary>
    public const int MaxIndexEntries = 1000;

    /// <summary>Most history entries of a config: every layer, and as many steps that made none.</summary>
    public const int MaxHistory = 2 * MaxLayers;

    /// <summary>Most entries of each list in a config's execution parameters: environment, arguments, ports, volumes.</summary>
    public const int MaxExecutionEntries = 4096;

    /// <summary>Most annotations of a document or descriptor, and labels of a config.</summary>
    public const int MaxAnnotations = 512;

    /// <summary>Longest name of an annotation or label, in characters. Names are reverse domain names, which DNS holds to 255.</summary>
    public const int MaxAnnotationNameLength = 1024;

    /// <summary>Longest value of an annotation or label, in characters: 64 Ki, room for a signature bundle or a readme.</summary>
    public const int MaxAnnotationValueLength = 64 * 1024;
}
