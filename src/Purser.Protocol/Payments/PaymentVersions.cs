using System.Globalization;
using System.Text.Json;

namespace Purser.Protocol.Payments;

/// <summary>Which version of the protocol a challenge speaks, and what follows from it.</summary>
public static class PaymentVersions
{
    /// <summary>
    /// The version that a challenge's <c>x402Version</c> means (x402-skill I1, I2): 2 for a number of 2 or more, also as a string; 1 for a smaller one, for null, for anything else and for none.
    /// </summary>
    public static int Of(JsonElement challenge)
    {
        if (challenge.ValueKind is not JsonValueKind.Object || !challenge.TryGetProperty("x402Version", out var version))
        {
            return 1;
        }

        var text = version.ValueKind switch
        {
            JsonValueKind.Number => version.GetRawText(),
            JsonValueKind.String => version.GetString(),
            _ => null,
        };
        return decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= 2 ? 2 : 1;
    }

    /// <summary>The header by which a payment of a version is sent.</summary>
    public static string HeaderOf(int version) => version >= 2 ? PaymentHeader.Signature : PaymentHeader.SignatureV1;
}
