using System.Text.Json;
using Gateway.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Auth;

/// <summary>Keeps keys and grants in one file, mode 0600, that is replaced whole with each change.</summary>
internal sealed class AccessStore
{
    /// <summary>Keys, and as many grants: the file is written whole.</summary>
    public const int MaxEntries = 1000;

    private readonly Lock writing = new();
    private readonly string path;
    private volatile AccessState state;

    private AccessStore(string path, AccessState state) => (this.path, this.state) = (path, state);

    public AccessState State => state;

    /// <summary>Reads the file; one that is damaged or open to others refuses the start.</summary>
    public static AccessStore Open(string path)
    {
        if (!File.Exists(path))
        {
            return new AccessStore(path, AccessState.Empty);
        }

        if (PrivateFile.FindOpening(path) is { } opening)
        {
            throw Refused($"the file with keys and grants, {opening}");
        }

        try
        {
            using var file = File.OpenRead(path);
            return new AccessStore(path, JsonSerializer.Deserialize<AccessState>(file, GatewayJson.Options)!);
        }
        catch (JsonException damaged)
        {
            throw Refused($"the file with keys and grants, {path}, is damaged ({damaged.Message}): restore it, or move it away to begin with none");
        }
    }

    /// <summary>Puts what is made of the present state in its place, on the disk before anybody is asked by it.</summary>
    public AccessState Change(Func<AccessState, AccessState> change)
    {
        lock (writing)
        {
            var changed = change(state);
            if (changed.Keys.Count > MaxEntries || changed.Grants.Count > MaxEntries)
            {
                throw new ProblemException(ProblemKinds.Conflict, $"there are {MaxEntries} already: delete some");
            }

            Write(changed);
            return state = changed;
        }
    }

    /// <summary>A caller with what the store grants it besides.</summary>
    public Caller CallerOf(string subject, IReadOnlyList<string> groups, IEnumerable<Grant> grants)
    {
        var now = state;
        return new Caller(subject, [.. grants, .. now.OfSubjects[subject], .. groups.SelectMany(group => now.OfGroups[group])]) { Groups = groups };
    }

    private void Write(AccessState changed)
    {
        var made = path + ".new";
        try
        {
            PrivateFile.EnsureFolder(Path.GetDirectoryName(path)!);
            using (var file = PrivateFile.Open(made, FileMode.Create, FileShare.None))
            {
                JsonSerializer.Serialize(file, changed, GatewayJson.Options);
                file.Flush(flushToDisk: true);
            }

            File.Move(made, path, overwrite: true);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(ProblemKinds.AccessStoreUnavailable, "keys and grants cannot be written; nothing was changed", unwritable);
        }
    }

    private static OptionsValidationException Refused(string reason) => new(AuthOptions.Section, typeof(AuthOptions), [reason]);
}
