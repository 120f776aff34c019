namespace Gateway.Jobs;

/// <summary>Why a running attempt is told to stop. The first reason counts.</summary>
internal enum StopReason
{
    None,

    /// <summary>Somebody canceled the job.</summary>
    Cancel,

    /// <summary>The job's time is over.</summary>
    Deadline,

    /// <summary>The attempt's time is over, but not the job's.</summary>
    Overran,

    /// <summary>No byte was moved for too long.</summary>
    Stalled,

    /// <summary>The gateway shuts down; the job goes on after the restart.</summary>
    Shutdown,

    /// <summary>The job has another owner.</summary>
    Lost,
}
