namespace Gateway.Jobs;

/// <summary>How far a job is. Within an attempt no figure goes backwards but the rate and the estimate.</summary>
/// <param name="Percent">
/// 0 to 99 while it runs, 100 once it has succeeded. An item that is also unpacked is half done when its bytes are here.
/// </param>
/// <param name="BytesPerSecond">Over the last seconds.</param>
/// <param name="EtaSeconds">Seconds until all bytes are here, at this rate; null while nothing moves.</param>
internal sealed record ProgressView(
    JobPhase Phase, long BytesDone, long BytesTotal, int Percent, long BytesPerSecond, long? EtaSeconds, IReadOnlyList<ProgressItemView> Items);

/// <summary>How far one blob is.</summary>
internal sealed record ProgressItemView(string Digest, string MediaType, ItemState State, long BytesDone, long BytesTotal);
