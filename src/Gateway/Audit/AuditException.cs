namespace Gateway.Audit;

/// <summary>The audit cannot be used, and the gateway refuses to start. The message is for the operator, who sees it on the console; no caller does.</summary>
internal sealed class AuditException(string message, Exception? inner = null) : Exception(message, inner);
