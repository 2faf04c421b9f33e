using System.Text.Json;

namespace Purser.Protocol.Payments;

/// <summary>The schemes that are spoken, each by each of its transfer methods.</summary>
public static class PaymentSchemes
{
    /// <summary>The transfer method of <c>exact</c> terms that name none.</summary>
    public const string DefaultMethod = "eip3009";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<IPaymentScheme> All { get; } = [ExactEip3009.Instance, ExactPermit2.Instance, Upto.Instance];

    /// <summary>The rules for terms, by scheme and transfer method; null with the reason when they are not spoken.</summary>
    public static IPaymentScheme? Find(PaymentRequirements requirements, out PaymentReason reason)
    {
        ArgumentNullException.ThrowIfNull(requirements);
        reason = PaymentReason.Scheme;
        var method = MethodOf(requirements);
        foreach (var scheme in All)
        {
            if (scheme.Scheme == requirements.Scheme && scheme.TransferMethod == method)
            {
                return scheme;
            }
        }

        return null;
    }

    /// <summary>Reads terms by the scheme that they name; null with the reason.</summary>
    public static PaymentTerms? ReadTerms(PaymentRequirements requirements, out PaymentReason reason) => Find(requirements, out reason)?.ReadTerms(requirements, out reason);

    /// <summary>The transfer method that terms name, or the one that they mean without naming it: scheme <c>upto</c> knows only Permit2.</summary>
    internal static string MethodOf(PaymentRequirements requirements) =>
        Text(requirements.Extra, "assetTransferMethod") ?? (requirements.Scheme == Upto.Instance.Scheme ? Upto.Instance.TransferMethod : DefaultMethod);

    internal static string? Text(JsonElement? extra, string member) =>
        extra is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;
}
