namespace Gateway.Auth;

/// <summary><c>Gateway hash-key [id]</c>: makes an API key, and the hash that goes into the configuration.</summary>
internal static class ApiKeyCommand
{
    public static bool TryRun(string[] args)
    {
        if (args is not ["hash-key", ..])
        {
            return false;
        }

        var id = args.Length > 1 ? args[1] : Guid.NewGuid().ToString("N")[..12];
        var (key, hash) = ApiKeys.Make(id);
#pragma warning disable RS0030 // A command's answer, not a log.
        Console.Out.WriteLine($"key:    {key}\nid:     {id}\nsha256: {hash}");
#pragma warning restore RS0030
        return true;
    }
}
