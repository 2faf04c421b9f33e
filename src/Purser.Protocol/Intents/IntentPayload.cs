using System.Diagnostics;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;

namespace Purser.Protocol.Intents;

/// <summary>What a wallet chooses for a payment's message beside what the intent says, fixed with the reservation so that whoever signs it later signs the same.</summary>
/// <param name="Nonce">32 random bytes: the nonce of EIP-3009, Permit2's unordered one as a number in big-endian order, or of EIP-2612 the token's next one for the owner, which the chain says, as such a number.</param>
/// <param name="ValidBefore">Unix seconds: EIP-3009's <c>validBefore</c>, the <c>deadline</c> of Permit2 and of EIP-2612.</param>
/// <param name="DomainName">The <c>name</c> of the token's EIP-712 domain, from the registry; Permit2 has its own.</param>
/// <param name="DomainVersion">The <c>version</c> of that domain.</param>
public sealed record PaymentDraws(Hash32 Nonce, long ValidBefore, string DomainName, string DomainVersion);

/// <summary>
/// What an intent makes a key sign: the one place where an intent becomes bytes. The family is closed, and <see cref="Of"/> is total: each kind gives exactly one form, whose every member
/// comes from the intent, from the wallet's draws or is fixed here. A test lists them (<c>IntentPayloadTests</c>).
/// </summary>
public abstract record IntentPayload
{
    private static readonly AbiFunction s_transfer = AbiFunction.Parse("transfer(address to, uint256 value)");
    private static readonly AbiFunction s_approve = AbiFunction.Parse("approve(address spender, uint256 value)");

    private IntentPayload()
    {
    }

    /// <summary>Maps an intent to what is signed for it.</summary>
    /// <param name="intent">An intent that keeps <see cref="IntentRules"/>.</param>
    /// <param name="draws">What the wallet chose; needed for payments and permits, and for nothing else.</param>
    /// <exception cref="ArgumentException">The intent breaks a rule, or a payment or a permit comes without draws.</exception>
    public static IntentPayload Of(Intent intent, PaymentDraws? draws = null)
    {
        ArgumentNullException.ThrowIfNull(intent);
        if (IntentRules.Check(intent) is { } broken)
        {
            throw new ArgumentException(broken.Message, nameof(intent));
        }

        return intent switch
        {
            X402AuthorizationIntent payment => Eip3009Of(payment, Needed(draws)),
            PermitIntent payment => Permit2Of(payment, Needed(draws)),
            TransferIntent { Asset.IsNative: true } transfer => new Call(transfer.Chain, transfer.To, transfer.Amount, default, transfer.GasCap),
            TransferIntent transfer => new Call(transfer.Chain, transfer.Asset.Token, UInt256.Zero, s_transfer.Encode(transfer.To, transfer.Amount), transfer.GasCap),
            ApproveIntent approve => new Call(approve.Chain, approve.Asset.Token, UInt256.Zero, s_approve.Encode(approve.Spender, approve.Amount), approve.GasCap),
            ContractCallIntent call => new Call(call.Network, call.Contract, call.Value, call.Data, call.GasCap),
            TokenPermitIntent permit => Eip2612Of(permit, Needed(draws)),
            SignInIntent signIn => new Text(signIn.ToMessage().ToText()),
            _ => throw new UnreachableException(intent.Kind),
        };
    }

    private static PaymentDraws Needed(PaymentDraws? draws) => draws ?? throw new ArgumentException("a payment's message needs a nonce, an end and a domain", nameof(draws));

    // Valid from the first second on: the wallet signs when the payment is wanted, and a seller's clock may lag behind.
    private static Eip3009Message Eip3009Of(X402AuthorizationIntent payment, PaymentDraws draws) => new(
        new(payment.Account, payment.PayTo, payment.Amount, UInt256.Zero, checked((ulong)draws.ValidBefore), draws.Nonce),
        draws.DomainName,
        draws.DomainVersion,
        payment.Asset);

    private static Permit2Message Permit2Of(PermitIntent payment, PaymentDraws draws) => new(
        new(payment.Account, payment.Asset.Token, payment.Amount, payment.Proxy, UInt256.FromBigEndian(draws.Nonce.Bytes), checked((ulong)draws.ValidBefore), payment.PayTo, UInt256.Zero) { Facilitator = payment.Settler },
        payment.Asset.Chain);

    private static Eip2612Message Eip2612Of(TokenPermitIntent permit, PaymentDraws draws) => new(
        new(permit.Account, TokenPermitIntent.Spender, permit.Amount, UInt256.FromBigEndian(draws.Nonce.Bytes), checked((ulong)draws.ValidBefore)),
        draws.DomainName,
        draws.DomainVersion,
        permit.Asset);

    /// <summary>An EIP-712 <c>Permit</c> of EIP-2612 under the token's domain, its spender Permit2.</summary>
    /// <param name="Permit">The message.</param>
    /// <param name="DomainName">The domain's name.</param>
    /// <param name="DomainVersion">The domain's version.</param>
    /// <param name="Token">The token and its chain.</param>
    public sealed record Eip2612Message(Eip2612Permit Permit, string DomainName, string DomainVersion, AssetId Token) : IntentPayload
    {
        /// <summary>The domain's separator.</summary>
        public Hash32 DomainSeparator => Eip3009.DomainSeparator(DomainName, DomainVersion, Token);

        /// <summary>The 32 bytes that are signed.</summary>
        public Hash32 Digest => Eip2612.Digest(Permit, DomainSeparator);

        /// <summary>The <c>eth_signTypedData_v4</c> document; it hashes to <see cref="Digest"/>.</summary>
        public string Document() => Eip2612.TypedDataJson(Permit, DomainName, DomainVersion, Token);
    }

    /// <summary>An EIP-712 <c>TransferWithAuthorization</c> under the token's domain.</summary>
    /// <param name="Authorization">The message.</param>
    /// <param name="DomainName">The domain's name.</param>
    /// <param name="DomainVersion">The domain's version.</param>
    /// <param name="Token">The token and its chain.</param>
    public sealed record Eip3009Message(Eip3009Authorization Authorization, string DomainName, string DomainVersion, AssetId Token) : IntentPayload
    {
        /// <summary>The domain's separator.</summary>
        public Hash32 DomainSeparator => Eip3009.DomainSeparator(DomainName, DomainVersion, Token);

        /// <summary>The 32 bytes that are signed.</summary>
        public Hash32 Digest => Eip3009.Digest(Authorization, DomainSeparator);

        /// <summary>The <c>eth_signTypedData_v4</c> document; it hashes to <see cref="Digest"/>.</summary>
        public string Document() => Eip3009.TypedDataJson(Authorization, DomainName, DomainVersion, Token);
    }

    /// <summary>An EIP-712 <c>PermitWitnessTransferFrom</c> with the x402 witness under Permit2's domain, its spender the scheme's x402 proxy.</summary>
    /// <param name="Permit">The message.</param>
    /// <param name="Chain">The chain.</param>
    public sealed record Permit2Message(Permit2Authorization Permit, ChainId Chain) : IntentPayload
    {
        /// <summary>The domain's separator.</summary>
        public Hash32 DomainSeparator => Permit2.DomainSeparator(Chain);

        /// <summary>The 32 bytes that are signed.</summary>
        public Hash32 Digest => Permit2.Digest(Permit, Chain);

        /// <summary>The <c>eth_signTypedData_v4</c> document; it hashes to <see cref="Digest"/>.</summary>
        public string Document() => Permit2.TypedDataJson(Permit, Chain);
    }

    /// <summary>The text of an EIP-4361 message, signed by EIP-191 (<c>personal_sign</c>).</summary>
    /// <param name="Message">The text; ASCII.</param>
    public sealed record Text(string Message) : IntentPayload
    {
        /// <summary>The text's bytes.</summary>
        public byte[] ToBytes() => Encoding.ASCII.GetBytes(Message);

        /// <summary>The 32 bytes that are signed.</summary>
        public Hash32 Digest => Eip191.HashPersonalMessage(ToBytes());
    }

    /// <summary>An EIP-1559 transaction, to which the account's lane adds nonce and fees; never one that creates a contract, and never with an authorization list (EIP-7702).</summary>
    /// <param name="Chain">The chain.</param>
    /// <param name="To">The callee.</param>
    /// <param name="Value">Wei.</param>
    /// <param name="Data">The calldata; none when coin is sent.</param>
    /// <param name="GasCap">The highest gas limit.</param>
    public sealed record Call(ChainId Chain, Address To, UInt256 Value, ReadOnlyMemory<byte> Data, ulong GasCap) : IntentPayload
    {
        /// <summary>Two calls are equal when all members are, the calldata by its bytes.</summary>
        public bool Equals(Call? other) => other is not null && Chain == other.Chain && To == other.To && Value == other.Value && GasCap == other.GasCap && Data.Span.SequenceEqual(other.Data.Span);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Chain, To, Value, GasCap, Data.Length);
    }
}
