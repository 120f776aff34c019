namespace Gateway.Jobs;

/// <summary>How far a job is. Within an attempt no figure goes backwards but the rate and the estimate.</summary>
/// <param name="BytesDone">Bytes that are safely here, or that a push has sent.</param>
/// <param name="BytesTotal">Bytes there are in all, as far as is known.</param>
/// <param name="Percent">
/// 0 to 99 while it runs, 100 once it has succeeded. An item that is also unpacked is half done when its bytes are here.
/// </param>
/// <param name="BytesPerSecond">Over the last seconds.</param>
/// <param name="EtaSeconds">Seconds until all bytes are here, at this rate; null while nothing moves.</param>
internal sealed record ProgressView(
    JobPhase Phase, long BytesDone, long BytesTotal, int Percent, long BytesPerSecond, long? EtaSeconds, IReadOnlyList<ProgressItemView> Items);

/// <summary>How far one blob is.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="BytesDone">Bytes of it that are safely here, or that a push has sent.</param>
/// <param name="BytesTotal">Its size.</param>
internal sealed record ProgressItemView(string Digest, string MediaType, ItemState State, long BytesDone, long BytesTotal);
