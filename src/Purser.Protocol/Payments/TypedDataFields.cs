using System.Text.Json.Nodes;

namespace Purser.Protocol.Payments;

/// <summary>The members of a struct as they stand in a typed-data document's <c>types</c>.</summary>
internal static class TypedDataFields
{
    /// <param name="fields">Each <c>type name</c>, as in EIP-712's encoded types.</param>
    public static JsonArray Of(params ReadOnlySpan<string> fields)
    {
        var array = new JsonArray();
        foreach (var field in fields)
        {
            var space = field.IndexOf(' ', StringComparison.Ordinal);
            array.Add(new JsonObject { ["name"] = field[(space + 1)..], ["type"] = field[..space] });
        }

        return array;
    }
}
