namespace Gateway.Jobs;

/// <summary>How many jobs may run at once besides the limit of all together. Where so many run, no other is begun.</summary>
/// <param name="InNamespace">Of one namespace, whoever started them.</param>
/// <param name="OfSubject">Of one subject, wherever they are.</param>
internal sealed record RunRoom(int InNamespace = int.MaxValue, int OfSubject = int.MaxValue);
