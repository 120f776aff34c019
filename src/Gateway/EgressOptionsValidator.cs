using System.Net;
using Gateway.Oci.Registry;
using Microsoft.Extensions.Options;

namespace Gateway;

/// <summary>Refuses an allow list that allows everything: the guard of what is dialled would be off without anybody having said so.</summary>
internal sealed class EgressOptionsValidator : IValidateOptions<EgressOptions>
{
    public ValidateOptionsResult Validate(string? name, EgressOptions options)
    {
        var faults = options.Allow.Select(entry => FaultOf(entry.Trim())).OfType<string>().Select(fault => $"{EgressOptions.Section}:Allow names {fault}").ToArray();
        return faults.Length is 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static string? FaultOf(string entry)
    {
        if (entry.Contains('*'))
        {
            return $"'{entry}': wildcards are not taken, list each host, address or CIDR";
        }

        if (IPNetwork.TryParse(entry, out var network) && network.PrefixLength is 0)
        {
            return $"'{entry}', which is every address: list the networks that are meant";
        }

        try
        {
            _ = new EgressPolicy([entry]);
            return null;
        }
        catch (FormatException wrong)
        {
            return wrong.Message;
        }
    }
}
