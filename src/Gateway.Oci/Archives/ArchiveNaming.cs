namespace Gateway.Oci.Archives;

/// <summary>A name and what it is to stand for.</summary>
public sealed record NamedTarget(string Name, Descriptor Target);

/// <summary>Under which names the images of an archive are stored. What the archive says is a proposal; each name is checked and normalised.</summary>
public static class ArchiveNaming
{
    /// <summary>Whether the text is a repository: what a tag may stand behind.</summary>
    public static bool IsPrefix(string? text) =>
        text is { Length: > 0 } && !text.Contains('@') && ImageReference.TryParse(text + ":x", out var reference) && reference.Tag is "x";

    /// <summary>
    /// The names to write. Without a prefix all that the archive has, and each image must have one. With a prefix those below it; a bare tag is put
    /// behind it, and an image without any name gets the prefix with its digest.
    /// </summary>
    public static IReadOnlyList<NamedTarget> Apply(IReadOnlyList<ArchivedImage> images, string? prefix)
    {
        var repository = prefix is null ? null : RepositoryOf(prefix + ":x");
        var named = images.SelectMany(image => NamesOf(image, repository, prefix).Select(name => new NamedTarget(name, image.Target))).Distinct().ToArray();
        if (named.Length is 0)
        {
            throw ArchiveFault.Invalid($"none of its names is below {prefix}");
        }

        if (named.GroupBy(name => name.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
        {
            throw ArchiveFault.Invalid($"it names two images {twice.Key}");
        }

        return named.Length <= ArchiveLimits.MaxImages ? named : throw ArchiveFault.TooLarge($"it has more than {ArchiveLimits.MaxImages} names");
    }

    private static IEnumerable<string> NamesOf(ArchivedImage image, string? repository, string? prefix)
    {
        if (image.Names.Count > 0)
        {
            return image.Names.Select(Normalise).Where(name => repository is null || IsBelow(name, repository) || name.StartsWith(prefix + "/", StringComparison.Ordinal));
        }

        if (repository is null)
        {
            throw ArchiveFault.Invalid(
                $"it has no full name for image {image.Target.Digest}{(image.Tag is null ? "" : $", only the tag '{ArchiveFault.Show(image.Tag)}'")}; give a repository as prefix");
        }

        return [Normalise(image.Tag is null ? $"{repository}@{image.Target.Digest}" : $"{repository}:{image.Tag}")];
    }

    private static string Normalise(string name) =>
        ImageReference.TryParse(name, out var reference) ? reference.Name : throw ArchiveFault.Invalid($"'{ArchiveFault.Show(name)}' is not an image reference");

    private static string RepositoryOf(string name)
    {
        var reference = ImageReference.Parse(name);
        return $"{reference.Domain}/{reference.Path}";
    }

    private static bool IsBelow(string name, string repository) =>
        name.StartsWith(repository, StringComparison.Ordinal) && name.Length > repository.Length && name[repository.Length] is (':' or '@' or '/');
}
