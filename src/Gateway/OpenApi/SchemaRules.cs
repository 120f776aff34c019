using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FluentValidation;
using FluentValidation.Validators;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Gateway.OpenApi;

/// <summary>What the framework does not tell of a schema: that unknown fields are refused, and the bounds of the validators.</summary>
internal sealed class SchemaRules(IServiceProvider services) : ISchemaFilter
{
    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema own)
        {
            return;
        }

        if (context.Type.IsEnum && own.Enum is not null)
        {
            own.Type = JsonSchemaType.String;
            own.Format = null;
            own.Enum = Enum.GetNames(context.Type).Select(name => (JsonNode)JsonValue.Create(JsonNamingPolicy.CamelCase.ConvertName(name))!).ToList();
        }

        if (context.Type == typeof(TimeSpan))
        {
            own.Format = null;
            own.Pattern = "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$";
        }

        if (services.GetService(typeof(IValidator<>).MakeGenericType(context.Type)) is IValidator validator)
        {
            own.AdditionalPropertiesAllowed = false;
            // What has a default may be left out, although it is never null.
            own.Required = context.Type.GetProperties()
                .Where(property => property.IsDefined(typeof(RequiredMemberAttribute), inherit: false))
                .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).ToHashSet(StringComparer.Ordinal);
            Bound(own, validator.CreateDescriptor());
        }
    }

    private static void Bound(OpenApiSchema schema, IValidatorDescriptor rules)
    {
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))
        {
            if (property is not OpenApiSchema bounded)
            {
                continue;
            }

            foreach (var (rule, _) in rules.GetValidatorsForMember(char.ToUpperInvariant(name[0]) + name[1..]))
            {
                switch (rule)
                {
                    case ILengthValidator length when length.Max > 0:
                        bounded.MaxLength = length.Max;
                        break;
                    case INotEmptyValidator:
                        bounded.MinLength = 1;
                        break;
                    case IRegularExpressionValidator pattern:
                        bounded.Pattern = pattern.Expression.Replace("\\A", "^", StringComparison.Ordinal).Replace("\\z", "$", StringComparison.Ordinal);
                        break;
                }
            }
        }
    }
}
