using System.Globalization;
using System.Text.Json.Nodes;
using Purser.Ethereum;

namespace Purser.Protocol.Payments;

/// <summary>Parts of <c>eth_signTypedData_v4</c> documents.</summary>
internal static class TypedDataFields
{
    /// <summary>The members of a struct as they stand in a document's <c>types</c>.</summary>
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

    /// <summary>A chain's number: a JSON number as wallets expect it, and a string where a number would lose digits in a reader that keeps doubles.</summary>
    public static JsonNode ChainId(ChainId chain) =>
        chain.Value < 1UL << 53 ? JsonValue.Create(chain.Value) : JsonValue.Create(chain.Value.ToString(CultureInfo.InvariantCulture));
}
