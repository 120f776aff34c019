using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Gateway.Tests.Architecture;

/// <summary>A line that breaks a rule.</summary>
internal sealed record Offence(string Path, int Line, string Code, string Rule)
{
    public override string ToString() => $"{Path}:{Line}: {Rule}: {Code}";
}

/// <summary>
/// Who may import what: Program → features → mechanisms and the two libraries. A feature never imports a feature, a mechanism
/// never imports a feature, and no folders import each other in a circle.
/// </summary>
internal static partial class ImportRules
{
    /// <summary>The mechanisms, each with the mechanisms it may import. Every other folder of src/Gateway is a feature.</summary>
    private static readonly Dictionary<string, string[]> Mechanisms = new(StringComparer.Ordinal)
    {
        ["Http"] = [],
        ["Telemetry"] = ["Auth"],   // its endpoint says who may ask
        ["Auth"] = ["Http"],
        ["Jobs"] = ["Http", "Auth"],
        ["OpenApi"] = ["Http", "Auth", "Jobs"],
    };

    /// <summary>What no file of a library may name, by project.</summary>
    private static readonly Dictionary<string, string[]> Forbidden = new(StringComparer.Ordinal)
    {
        ["Gateway.Oci"] = ["Microsoft.AspNetCore", "Grpc", "Google.Protobuf", "Gateway.Containerd"],
        ["Gateway.Containerd"] = ["Microsoft.AspNetCore", "Gateway.Oci"],
        ["Gateway"] = [],
        [Shared] = ["Microsoft.AspNetCore", "Grpc", "Google.Protobuf", "Gateway.Containerd", "Gateway.Oci"],
    };

    /// <summary>Stands beside the projects and is compiled into each of them: it may do what all of them may.</summary>
    private const string Shared = "Failpoint.cs";

    private static readonly string[] Libraries = ["Oci", "Containerd"];

    public static IReadOnlyList<Offence> Check(IReadOnlyList<SourceFile> sources) =>
        [.. sources.SelectMany(file => Imports(file, sources).Concat(Clients(file)).Concat(Namespaces(file))).Distinct()];

    /// <summary>Folders of one project that import each other in a circle, each circle as its path.</summary>
    public static IReadOnlyList<string> Circles(IReadOnlyList<SourceFile> sources)
    {
        var imports = sources.Where(file => file.Room.Length > 0)
            .SelectMany(file => Rooms(file, sources).Select(import => (From: Folder(file), To: import.Folder)))
            .Where(edge => !string.Equals(edge.From, edge.To, StringComparison.Ordinal))
            .ToLookup(edge => edge.From, edge => edge.To, StringComparer.Ordinal);
        return [.. imports.Select(from => from.Key).Order(StringComparer.Ordinal).Select(start => Circle(start, imports)).OfType<string>()];
    }

    /// <summary>What a project file may refer to.</summary>
    public static IReadOnlyList<Offence> CheckProject(string path, string xml)
    {
        var project = XDocument.Parse(xml).Root!;
        var name = System.IO.Path.GetFileNameWithoutExtension(path);
        var isLibrary = name is not "Gateway";
        var references = project.Descendants()
            .Where(element => element.Name.LocalName is "PackageReference" or "FrameworkReference" or "ProjectReference")
            .Select(element => (Kind: element.Name.LocalName, Include: (string?)element.Attribute("Include") ?? ""));
        var offences = references
            .Where(reference => reference.Kind is "ProjectReference"
                ? isLibrary
                : Forbidden[name].Any(prefix => reference.Include.StartsWith(prefix, StringComparison.Ordinal))
                    || (isLibrary && reference.Kind is "FrameworkReference"))
            .Select(reference => new Offence(path, 1, reference.Include, $"{name} may not refer to it"));
        return isLibrary && (string?)project.Attribute("Sdk") is not "Microsoft.NET.Sdk"
            ? [.. offences, new Offence(path, 1, (string?)project.Attribute("Sdk") ?? "", "a library is built with the plain SDK")]
            : [.. offences];
    }

    private static IEnumerable<Offence> Imports(SourceFile file, IReadOnlyList<SourceFile> sources)
    {
        foreach (var (line, name) in file.Names())
        {
            if (Forbidden[file.Project].Any(prefix => IsBelow(name, prefix)))
            {
                yield return new Offence(file.Path, line, file.LineAt(line), $"{file.Project} may not import {name}");
            }
        }

        foreach (var (line, folder) in Rooms(file, sources))
        {
            var room = folder.Split('/')[1];
            var isOther = file.Project is "Gateway" && file.Room is not "" && !string.Equals(room, file.Room, StringComparison.Ordinal);
            if (isOther && !May(file.Room, room))
            {
                yield return new Offence(file.Path, line, file.LineAt(line), $"{file.Room} may not import {room}");
            }
        }
    }

    private static bool May(string room, string imported) =>
        Mechanisms.TryGetValue(room, out var allowed) ? allowed.Contains(imported, StringComparer.Ordinal) : Mechanisms.ContainsKey(imported);

    // Generated clients are X.XClient (the wrapper, Containerd.ContainerdClient, is not one). They share the features' names, so they are
    // had as properties of the wrapper and never named.
    private static IEnumerable<Offence> Clients(SourceFile file) => file.Project is "Gateway.Containerd"
        ? []
        : file.Names().Where(named => GeneratedClient().IsMatch(named.Name))
            .Select(named => new Offence(file.Path, named.Line, file.LineAt(named.Line), "only Gateway.Containerd names generated clients"));

    // A file that declares another room's namespace would be in that room without importing it.
    private static IEnumerable<Offence> Namespaces(SourceFile file)
    {
        var expected = file.Project is Shared ? "Gateway" : file.Room is "" ? file.Project : $"{file.Project}.{file.Room}";
        return file.Namespace is not { } own || (file.Room is "" ? string.Equals(own, expected, StringComparison.Ordinal) : IsBelow(own, expected))
            ? []
            : [new Offence(file.Path, 1, own, $"the namespace is not {expected}, where the file stands")];
    }

    /// <summary>Folders <c>project/room</c> of its project that a file names: whole (<c>Gateway.Jobs.X</c>) or short (<c>Jobs.X</c>).</summary>
    private static IEnumerable<(int Line, string Folder)> Rooms(SourceFile file, IReadOnlyList<SourceFile> sources)
    {
        var rooms = sources.Where(other => string.Equals(other.Project, file.Project, StringComparison.Ordinal) && other.Room.Length > 0)
            .ToLookup(other => other.Room, StringComparer.Ordinal);
        foreach (var (line, name) in file.Names())
        {
            var parts = (name.StartsWith(file.Project + ".", StringComparison.Ordinal) ? name[(file.Project.Length + 1)..] : "").Split('.');
            var shortened = name.Split('.');
            if (rooms.Contains(parts[0]) && !(file.Project is "Gateway" && Libraries.Contains(parts[0], StringComparer.Ordinal)))
            {
                yield return (line, $"{file.Project}/{parts[0]}");
            }
            else if (rooms[shortened[0]].Any(other => other.Types.Contains(shortened[1], StringComparer.Ordinal)))
            {
                yield return (line, $"{file.Project}/{shortened[0]}");
            }
        }
    }

    private static string Folder(SourceFile file) => $"{file.Project}/{file.Room}";

    private static bool IsBelow(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || name[prefix.Length] is '.');

    private static string? Circle(string start, ILookup<string, string> imports)
    {
        var paths = new Queue<string[]>([[start]]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (paths.TryDequeue(out var path))
        {
            foreach (var next in imports[path[^1]].Distinct(StringComparer.Ordinal))
            {
                if (string.Equals(next, start, StringComparison.Ordinal))
                {
                    return string.Join(" → ", [.. path, next]);
                }

                if (seen.Add(next))
                {
                    paths.Enqueue([.. path, next]);
                }
            }
        }

        return null;
    }

    [GeneratedRegex(@"(^|\.)(?!Containerd\.)(?<service>\w+)\.\k<service>Client\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GeneratedClient();
}
