using System.ComponentModel.DataAnnotations;
using Gateway.Jobs;

namespace Gateway.Audit;

/// <summary>Section <c>Audit</c>.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>Path of the file. Default: <c>audit.jsonl</c> beside the job store.</summary>
    [StringLength(4096, MinimumLength = 1)]
    public string? File { get; set; }

    /// <summary>Size from which the file is put aside and a new one begun, in bytes. Default 64 MiB, 1 MiB to 1 GiB.</summary>
    [Range(1L << 20, 1L << 30)]
    public long MaxFileBytes { get; set; } = 64L << 20;

    /// <summary>Files kept of those that were put aside; the oldest goes first. Default 8, 1 to 1000.</summary>
    [Range(1, 1000)]
    public int KeepFiles { get; set; } = 8;

    public string PathBeside(JobOptions jobs) =>
        Path.GetFullPath(File ?? Path.Join(JobStorePath.FolderOf(jobs), "audit.jsonl"));
}
