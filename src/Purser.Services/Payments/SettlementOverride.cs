using System.Globalization;
using Microsoft.AspNetCore.Http;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Services.Payments;

/// <summary>
/// How much a handler takes of a payment by scheme <c>upto</c>: the response header <c>Settlement-Overrides</c> with <c>{"amount":"1000"}</c> (minimal units), <c>"50%"</c> of what was signed (at most
/// two decimals, rounded down), or <c>"$0.05"</c> (whole tokens of a dollar token). Without it all of it is taken. It is meant for the gate alone and never leaves the server; other schemes take
/// what they ask, whatever it says.
/// </summary>
public static class SettlementOverride
{
    /// <summary>The header's name (specs/x402.md 2).</summary>
    public const string Header = "Settlement-Overrides";

    /// <summary>Says how much is taken of this request's payment.</summary>
    /// <param name="response">The response, which has not started.</param>
    /// <param name="amount">Minimal units, a percentage, or dollars, as above.</param>
    public static void SetSettlementAmount(this HttpResponse response, string amount)
    {
        ArgumentNullException.ThrowIfNull(response);
        response.Headers[Header] = System.Text.Encoding.UTF8.GetString(Protocol.Payments.PaymentHeader.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("amount", amount);
            writer.WriteEndObject();
        }));
    }

    /// <summary>Takes the header off a response; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">The handler wrote something that is no such header.</exception>
    internal static string? Take(HttpResponse response)
    {
        if (!response.Headers.Remove(Header, out var values) || values.ToString() is not { Length: > 0 } json)
        {
            return null;
        }

        var shape = JsonShape.Parse(System.Text.Encoding.UTF8.GetBytes(json));
        var amount = shape.OptionalString("amount", 100);
        return shape.Ok ? amount : throw new InvalidOperationException($"The handler's {Header} cannot be read: {shape.Refusal}.");
    }

    /// <summary>The amount in minimal units. It may be more than was signed; the facilitator refuses that.</summary>
    /// <param name="text">As the header has it.</param>
    /// <param name="most">What was signed.</param>
    /// <param name="decimals">The token's; null when it is not known.</param>
    /// <exception cref="InvalidOperationException">The handler wrote something else, or dollars of a token whose decimals are not known.</exception>
    internal static UInt256 Resolve(string text, UInt256 most, int? decimals)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (UInt256.TryParse(text, out var units))
        {
            return units;
        }

        if (text.EndsWith('%') && Fixed(text[..^1], 2) is { } hundredths)
        {
            return MulDiv(most, hundredths, 10_000);
        }

        return text.StartsWith('$') && decimals is { } places && Fixed(text[1..], places) is { } value
            ? value
            : throw new InvalidOperationException($"The handler's {Header} has an amount that is neither minimal units, nor a percentage with at most two decimals, nor dollars of a token that we know.");
    }

    // A plain decimal number as an integer of 10^-places; null when it is none or has more decimals.
    private static UInt256? Fixed(string text, int places)
    {
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var (whole, part) = point < 0 ? (text, "") : (text[..point], text[(point + 1)..]);
        var fits = whole.Length is > 0 and <= 60 && whole.All(char.IsAsciiDigit) && part.Length <= places && part.All(char.IsAsciiDigit) && (point < 0 || part.Length > 0) && places <= 18;
        return fits && UInt256.TryParse((whole + part.PadRight(places, '0')).TrimStart('0') is { Length: > 0 } digits ? digits : "0", out var value) ? value : null;
    }

    // Money that is signed fits 128 bits in every token; beyond that the product is bounded by dividing first.
    private static UInt256 MulDiv(UInt256 value, UInt256 times, ulong by) =>
        value.ToString(null, CultureInfo.InvariantCulture).Length <= 60 ? value * times / (UInt256)by : value / (UInt256)by * times;
}
