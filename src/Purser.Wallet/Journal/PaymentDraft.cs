using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Wallet.Approvals;
using Purser.Wallet.Budgets;

namespace Purser.Wallet.Journal;

/// <summary>An intent that is about to be reserved: what it will sign is complete, so that whoever signs it after a crash signs the same.</summary>
/// <param name="Intent">What was asked.</param>
/// <param name="Charges">What it takes from budgets, with the caps over time that it must keep.</param>
/// <param name="Drawn">What the wallet chose for the message.</param>
/// <param name="ApprovedBy">What allowed it: <c>policy</c> and the policy's hash.</param>
internal sealed record PaymentDraft(Intent Intent, IReadOnlyList<Charge> Charges, DrawnTerms Drawn, string ApprovedBy)
{
    /// <summary>Why the policy holds it back until a human approves; empty when it does not.</summary>
    public IReadOnlyList<ApprovalReason> Reasons { get; init; } = [];

    /// <summary>The policy that judged it, by its file's SHA-256; nothing is reserved once another is in force.</summary>
    public required Hash32 PolicyHash { get; init; }

    /// <summary>Who is going to present it.</summary>
    public required Presentation Presentation { get; init; }

    /// <summary>
    /// What names the effect that is wished for, whatever the id: for a payment the account, token, payee and the very request; for a transaction the account, chain and what it does.
    /// Null for what has no twin: a payment for no known request, a message, and a permit, which moves nothing by itself.
    /// </summary>
    public static byte[]? WishOf(Intent intent)
    {
        if (intent is SignInIntent or TokenPermitIntent or PaymentIntent { Url: "" })
        {
            return null;
        }

        var data = new ArrayBufferWriter<byte>(256);
        Part(data, intent.Account.ToArray());
        switch (intent)
        {
            case PaymentIntent payment:
                Part(data, "payment"u8);
                Part(data, Encoding.UTF8.GetBytes(payment.Asset.ToString()));
                Part(data, payment.PayTo.ToArray());
                Part(data, Encoding.UTF8.GetBytes(payment.Origin));
                Part(data, Encoding.UTF8.GetBytes(payment.Method));
                Part(data, Encoding.UTF8.GetBytes(payment.Url));
                Part(data, payment.BodyHash.ToArray());
                break;
            case TransactionIntent transaction:
                // All but the id and the gas: what else the kind says is what it does.
                Part(data, "transaction"u8);
                Part(data, IntentJson.Write(transaction with { Id = "", GasCap = 0 }));
                break;
            default:
                throw new System.Diagnostics.UnreachableException(intent.Kind);
        }

        return SHA256.HashData(data.WrittenSpan);
    }

    private static void Part(ArrayBufferWriter<byte> data, ReadOnlySpan<byte> part)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(data.GetSpan(4), part.Length);
        data.Advance(4);
        data.Write(part);
    }
}

/// <summary>What the wallet chose for a message beside what the intent says; nulls for kinds that have no such thing.</summary>
/// <param name="Nonce">32 random bytes: of EIP-3009 or of Permit2; of EIP-2612 what the chain said.</param>
/// <param name="ValidBefore">Unix seconds: EIP-3009's <c>validBefore</c>, the <c>deadline</c> of Permit2 and of EIP-2612.</param>
/// <param name="DomainSeparator">The EIP-712 domain, as checked.</param>
internal sealed record DrawnTerms(Hash32? Nonce = null, long? ValidBefore = null, Hash32? DomainSeparator = null)
{
    public static DrawnTerms None { get; } = new();
}

/// <summary>What came of reserving.</summary>
internal abstract record ReserveResult
{
    private ReserveResult()
    {
    }

    /// <summary>The payment as it is stored now, by this call or an earlier one.</summary>
    public sealed record Present(PaymentRow Row) : ReserveResult;

    /// <summary>A human has to approve first; only the request for it was stored.</summary>
    /// <param name="Id">The request.</param>
    /// <param name="ExpiresAt">When it lapses, milliseconds since 1970.</param>
    public sealed record Pending(string Id, long ExpiresAt) : ReserveResult;

    /// <summary>Another policy than the one that judged the intent is in force by now; nothing was stored.</summary>
    public sealed record PolicyChanged : ReserveResult;

    /// <summary>A limit would be broken; nothing was stored.</summary>
    public sealed record Refused(WalletRefusal Reason) : ReserveResult;
}
