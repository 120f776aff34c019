using System.Text.Json;
using System.Text.Json.Serialization;
using FluentValidation;
using Gateway.Http;

namespace Gateway.Images.Prune;

/// <summary>Which images to remove.</summary>
internal sealed record PruneRequest
{
    /// <summary>Only tells what would go and how many bytes that would free.</summary>
    public bool DryRun { get; init; }

    /// <summary>Only images whose record was last changed longer ago than this, for example `24h`.</summary>
    public string? OlderThan { get; init; }

    /// <summary>Only images that match: containerd's filter syntax, one text or a list whose entries are OR-ed. At most 16.</summary>
    [JsonConverter(typeof(OneOrManyConverter))]
    public IReadOnlyList<string>? Filter { get; init; }

    /// <summary>Every image that nothing uses; with `false` only those no tag leads to any more.</summary>
    public bool Unused { get; init; } = true;
}

internal sealed class PruneRequestValidator : AbstractValidator<PruneRequest>
{
    /// <summary>A hundred years: more is a slip.</summary>
    private static readonly TimeSpan MostOlderThan = TimeSpan.FromHours(876_000);

    public PruneRequestValidator()
    {
        RuleFor(prune => prune.OlderThan).MustBeDuration(TimeSpan.Zero, MostOlderThan);
        RuleFor(prune => prune.Filter!.Count).LessThanOrEqualTo(FilterQuery.MaxFilters).OverridePropertyName("filter")
            .When(prune => prune.Filter is not null).WithMessage($"holds more than {FilterQuery.MaxFilters} filters");
        RuleForEach(prune => prune.Filter).Must(filter => filter is { Length: > 0 and <= FilterQuery.MaxFilterLength })
            .WithMessage($"is empty or longer than {FilterQuery.MaxFilterLength} characters");
    }
}

/// <summary>A list of texts, or one text for a list of one.</summary>
internal sealed class OneOrManyConverter : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.String)
        {
            return [reader.GetString()!];
        }

        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        // By hand: a nested reader's failure would not name the field.
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            texts.Add(reader.TokenType is JsonTokenType.String ? reader.GetString()! : throw new JsonException());
        }

        return texts;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value.ToArray(), options);
}

/// <summary>A prune as the job keeps it.</summary>
internal sealed record PruneWork(bool DryRun, TimeSpan? OlderThan, IReadOnlyList<string> Filter, bool Unused);
