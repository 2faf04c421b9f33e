using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;

namespace Purser.Wallet.Approvals;

/// <summary>What "approve and remember" remembers of an intent: who gains by which act in which asset, and how much at most.</summary>
/// <param name="Key">
/// Act, asset and counterparty, for a paid request its origin too; for a sign-in everything that its message says but nonce, times and request id: another statement, or a resource more, is another wish.
/// Equal keys are the same wish but for the amount.
/// </param>
/// <param name="Amount">Minimal units; zero for a sign-in.</param>
/// <param name="Payee">Who gains, or may take; null when nobody does.</param>
internal sealed record ApprovalSubject(string Key, UInt256 Amount, Address? Payee)
{
    /// <summary>The subject of an intent.</summary>
    public static ApprovalSubject Of(Intent intent) => intent switch
    {
        PaymentIntent payment => new($"pay {payment.Asset} {payment.PayTo} {payment.Origin}", payment.Amount, payment.PayTo),
        TransferIntent transfer => new($"transfer {transfer.Asset} {transfer.To}", transfer.Amount, transfer.To),
        ApproveIntent approve => new($"approve {approve.Asset} {approve.Spender}", approve.Amount, approve.Spender),
        TokenPermitIntent permit => new($"permit {permit.Asset} {TokenPermitIntent.Spender}", permit.Amount, TokenPermitIntent.Spender),
        SignInIntent signIn => new($"signin {signIn.Origin} {signIn.Domain} {signIn.Chain} {signIn.Uri} {HashOfTerms(signIn)}", UInt256.Zero, null),
        ContractCallIntent call => new($"call {call.Network} {call.Contract}", call.Value, call.Contract),
        _ => new($"{intent.Kind} {intent.Id}", UInt256.Zero, null),
    };

    /// <summary>Whether an intent of this kind can be remembered. What a contract call does lies in its arguments, so each is decided by itself, or allowed by a rule of the policy.</summary>
    public static bool CanRemember(Intent intent) => intent is PaymentIntent or TransferIntent or ApproveIntent or TokenPermitIntent or SignInIntent;

    // What the message grants stands in its resources (EIP-4361; EIP-5573 puts rights there), what the human agreed to in its statement. Whether it ends counts too.
    private static string HashOfTerms(SignInIntent signIn)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartArray();
        foreach (var text in (ReadOnlySpan<string?>)[signIn.Origin, signIn.Scheme, signIn.Domain, signIn.Chain.ToString(), signIn.Uri, signIn.Statement])
        {
            writer.WriteStringValue(text);
        }

        writer.WriteBooleanValue(signIn.ExpirationTime is not null);
        foreach (var resource in signIn.Resources ?? [])
        {
            writer.WriteStringValue(resource);
        }

        writer.WriteEndArray();
        writer.Flush();
        return $"terms {Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan))[..32]}";
    }
}
