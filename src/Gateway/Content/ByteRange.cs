using System.Runtime.InteropServices;
using Gateway.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Gateway.Content;

/// <summary>The part of a blob that a request asks for (RFC 9110, section 14). Of one range only: where several are asked for, all is sent.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>The range, or null where the whole is asked for. One that lies outside ends in 416.</summary>
    public static ByteRange? Of(RequestHeaders request, EntityTagHeaderValue tag, long size)
    {
        if (request.Range is not { Unit.Value: "bytes", Ranges: { Count: 1 } ranges } || !IsCurrent(request.IfRange, tag))
        {
            return null;
        }

        var asked = ranges.Single();
        var from = asked.From ?? Math.Max(0, size - asked.To!.Value);
        var last = asked.From is null ? size - 1 : Math.Min(asked.To ?? long.MaxValue, size - 1);
        return from <= last ? new(from, last - from + 1) : throw new ProblemException(ProblemKinds.RangeNotSatisfiable, $"the range lies outside the {size} bytes")
        {
            Header = (HeaderNames.ContentRange, $"bytes */{size}"),
        };
    }

    // A date is never current: there is no Last-Modified to compare it with.
    private static bool IsCurrent(RangeConditionHeaderValue? condition, EntityTagHeaderValue tag) =>
        condition is null || condition.EntityTag?.Compare(tag, useStrongComparison: true) is true;
}
