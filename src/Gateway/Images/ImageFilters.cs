using Gateway.Containerd.Filters;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>Filters of images as a caller gives them.</summary>
internal static class ImageFilters
{
    /// <summary>Reads them, or throws a problem of the field <c>filter</c>: containerd would let some of what is broken match nothing.</summary>
    public static ImageFilter Parse(IReadOnlyList<string> filters)
    {
        try
        {
            return ImageFilter.Parse(filters);
        }
        catch (FilterException broken)
        {
            throw ProblemException.InvalidField("filter", broken.Message);
        }
    }
}
