using System.Text.Json.Nodes;

namespace Gateway.Oci.Writing;

/// <summary>Changes a config's execution parameters in place.</summary>
internal static class ExecutionWriter
{
    public static void Change(JsonObject execution, ExecutionParameters before, ConfigChanges changes)
    {
        SetList(execution, "Env", changes.Env is null ? null : Merge(before.Env, changes.Env));
        SetList(execution, "Entrypoint", changes.Entrypoint);
        SetList(execution, "Cmd", changes.Cmd ?? (changes.Entrypoint is null ? null : []));
        SetText(execution, "User", changes.User);
        SetText(execution, "WorkingDir", changes.WorkingDir);
        SetText(execution, "StopSignal", changes.StopSignal);
        SetNames(execution, "ExposedPorts", before.ExposedPorts, changes.ExposedPorts);
        SetNames(execution, "Volumes", before.Volumes, changes.Volumes);
        if (changes.Labels is { Count: > 0 })
        {
            var labels = new JsonObject();
            foreach (var (key, value) in before.Labels.Concat(changes.Labels.OrderBy(label => label.Key, StringComparer.Ordinal)))
            {
                labels[key] = value;
            }

            Set(execution, "Labels", labels);
        }
    }

    // A variable keeps its place: later ones may be made of it.
    private static List<string> Merge(IReadOnlyList<string> before, IReadOnlyList<string> changes)
    {
        var merged = before.ToList();
        foreach (var change in changes)
        {
            var place = merged.FindIndex(variable => NameOf(variable) == NameOf(change));
            if (place < 0)
            {
                merged.Add(change);
            }
            else
            {
                merged[place] = change;
            }
        }

        return merged;
    }

    private static string NameOf(string variable) => variable.Split('=', 2)[0];

    private static void SetList(JsonObject execution, string field, IReadOnlyList<string>? values)
    {
        if (values is not null)
        {
            Set(execution, field, values.Count is 0 ? null : WrittenJson.Array(values));
        }
    }

    private static void SetText(JsonObject execution, string field, string? text)
    {
        if (text is not null)
        {
            Set(execution, field, text.Length is 0 ? null : JsonValue.Create(text));
        }
    }

    // A set is an object of empty objects.
    private static void SetNames(JsonObject execution, string field, IReadOnlyList<string> before, IReadOnlyList<string>? added)
    {
        if (added is not { Count: > 0 })
        {
            return;
        }

        var names = new JsonObject();
        foreach (var name in before.Concat(added))
        {
            names[name] = new JsonObject();
        }

        Set(execution, field, names);
    }

    // People write this object by hand, and to Go another spelling is the same field: two of them would be one too many.
    private static void Set(JsonObject execution, string field, JsonNode? value)
    {
        foreach (var spelling in execution.Select(member => member.Key).Where(name => GoNames.AreOne(field, name) && (name != field || value is null)).ToArray())
        {
            execution.Remove(spelling);
        }

        if (value is not null)
        {
            execution[field] = value;
        }
    }
}
