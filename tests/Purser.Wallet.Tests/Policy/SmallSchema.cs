using System.Text.Json;
using System.Text.RegularExpressions;

namespace Purser.Wallet.Tests.Policy;

/// <summary>A validator for that part of JSON Schema (draft 2020-12) that docs/policy.schema.json uses; a keyword that it does not know is a fault of the test, never passed over.</summary>
internal sealed class SmallSchema(JsonElement root)
{
    private static readonly HashSet<string> s_notes = ["$schema", "$defs", "title", "description"];

    /// <summary>Where the value breaks the schema; null when it keeps it.</summary>
    public string? FindBroken(JsonElement value) => Find(root, value, "$");

    private string? Find(JsonElement schema, JsonElement value, string path)
    {
        foreach (var keyword in schema.EnumerateObject().Where(keyword => !s_notes.Contains(keyword.Name)))
        {
            if (Check(schema, keyword.Name, keyword.Value, value, path) is { } broken)
            {
                return broken;
            }
        }

        return null;
    }

    private string? Check(JsonElement schema, string keyword, JsonElement rule, JsonElement value, string path)
    {
        switch (keyword)
        {
            case "$ref":
                return Find(rule.GetString()!.Split('/')[1..].Aggregate(root, (at, name) => at.GetProperty(name)), value, path);
            case "type":
                return Unless(IsOf(rule.GetString()!, value), path, keyword);
            case "const":
                return Unless(JsonElement.DeepEquals(rule, value), path, keyword);
            case "pattern":
                return Unless(value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, rule.GetString()!, RegexOptions.ECMAScript, TimeSpan.FromSeconds(1)), path, keyword);
            case "minLength":
                return Unless(value.ValueKind != JsonValueKind.String || value.GetString()!.Length >= rule.GetInt32(), path, keyword);
            case "maxLength":
                return Unless(value.ValueKind != JsonValueKind.String || value.GetString()!.Length <= rule.GetInt32(), path, keyword);
            case "minimum":
                return Unless(value.ValueKind != JsonValueKind.Number || value.GetDecimal() >= rule.GetDecimal(), path, keyword);
            case "maximum":
                return Unless(value.ValueKind != JsonValueKind.Number || value.GetDecimal() <= rule.GetDecimal(), path, keyword);
            case "maxItems":
                return Unless(value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= rule.GetInt32(), path, keyword);
            case "uniqueItems":
                return Unless(value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Select(item => item.GetRawText()).Distinct().Count() == value.GetArrayLength(), path, keyword);
            case "items":
                return value.ValueKind != JsonValueKind.Array ? null : value.EnumerateArray().Select((item, i) => Find(rule, item, $"{path}[{i}]")).FirstOrDefault(broken => broken is not null);
            case "required":
                return Unless(value.ValueKind != JsonValueKind.Object || rule.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)), path, keyword);
            case "minProperties":
                return Unless(value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Count() >= rule.GetInt32(), path, keyword);
            case "properties":
                return value.ValueKind != JsonValueKind.Object ? null : value.EnumerateObject()
                    .Select(member => rule.TryGetProperty(member.Name, out var inner) ? Find(inner, member.Value, $"{path}.{member.Name}") : null).FirstOrDefault(broken => broken is not null);
            case "additionalProperties" when rule.ValueKind == JsonValueKind.False:
                return value.ValueKind != JsonValueKind.Object ? null : Unless(value.EnumerateObject().All(member => schema.GetProperty("properties").TryGetProperty(member.Name, out _)), path, keyword);
            default:
                throw new NotSupportedException($"the schema uses '{keyword}', which this validator does not know");
        }
    }

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && decimal.Truncate(number) == number,
        _ => throw new NotSupportedException(type),
    };

    private static string? Unless(bool kept, string path, string keyword) => kept ? null : $"{path}: {keyword}";
}
