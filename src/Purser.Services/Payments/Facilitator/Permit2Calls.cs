using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Facilitator;

/// <summary>The calls that settle by the x402 proxies and examine Permit2 (contracts/src/X402ExactPermit2Proxy.sol and its sister).</summary>
internal static class Permit2Calls
{
    private const string Permit = "((address token, uint256 amount) permitted, uint256 nonce, uint256 deadline) permit";

    private static readonly AbiFunction s_settleExact = AbiFunction.Parse($"function settle({Permit}, address owner, (address to, uint256 validAfter) witness, bytes signature)");

    private static readonly AbiFunction s_settleUpto = AbiFunction.Parse(
        $"function settle({Permit}, uint256 amount, address owner, (address to, address facilitator, uint256 validAfter) witness, bytes signature)");

    private const string Permit2612 = "(uint256 value, uint256 deadline, bytes32 r, bytes32 s, uint8 v) permit2612";

    private static readonly AbiFunction s_settleExactWithPermit = AbiFunction.Parse(
        $"function settleWithPermit({Permit2612}, {Permit}, address owner, (address to, uint256 validAfter) witness, bytes signature)");

    private static readonly AbiFunction s_settleUptoWithPermit = AbiFunction.Parse(
        $"function settleWithPermit({Permit2612}, {Permit}, uint256 amount, address owner, (address to, address facilitator, uint256 validAfter) witness, bytes signature)");

    private const int WordBytes = 32;

    // Value, deadline, r, s and v: static, so they stand in the call's head.
    private const int Permit2612Words = 5;

    private static readonly AbiFunction s_nonceBitmap = AbiFunction.Parse("function nonceBitmap(address owner, uint256 word) returns (uint256)");
    private static readonly AbiFunction s_allowance = AbiFunction.Parse("function allowance(address owner, address spender) returns (uint256)");

    private static readonly (AbiError Error, PaymentReason Reason)[] s_errors =
    [
        (AbiError.Parse("error InvalidNonce()"), PaymentReason.NonceUsed),
        (AbiError.Parse("error SignatureExpired(uint256 deadline)"), PaymentReason.Expired),
        (AbiError.Parse("error InvalidSigner()"), PaymentReason.Signature),
        (AbiError.Parse("error InvalidSignature()"), PaymentReason.Signature),
        (AbiError.Parse("error InvalidSignatureLength()"), PaymentReason.Signature),
        (AbiError.Parse("error InvalidContractSignature()"), PaymentReason.Signature),
        (AbiError.Parse("error InvalidAmount()"), PaymentReason.InvalidAmount),
        (AbiError.Parse("error InvalidAmount(uint256 maxAmount)"), PaymentReason.InvalidAmount),
        (AbiError.Parse("error InvalidDestination()"), PaymentReason.InvalidDestination),
        (AbiError.Parse("error InvalidOwner()"), PaymentReason.InvalidOwner),
        (AbiError.Parse("error PaymentTooEarly()"), PaymentReason.TooEarly),
        (AbiError.Parse("error Permit2612AmountMismatch()"), PaymentReason.ApprovalAmount),
        (AbiError.Parse("error AmountExceedsPermitted()"), PaymentReason.ExceedsPermitted),
        (AbiError.Parse("error UnauthorizedFacilitator()"), PaymentReason.UnauthorizedFacilitator),
    ];

    /// <summary>
    /// The settlement of a proof; of one that names its facilitator, for an amount up to what was signed; of one with an EIP-2612 permit beside it, with the approval in front.
    /// </summary>
    public static byte[] Settle(Permit2Proof payment, ReadOnlySpan<byte> signature, UInt256 amount)
    {
        var a = payment.Authorization;
        object[] permit = [new object[] { a.Token, a.Amount }, a.Nonce, a.Deadline];
        object[] settlement = a.Facilitator is { } facilitator
            ? [permit, amount, a.From, new object[] { a.To, facilitator, a.ValidAfter }, signature.ToArray()]
            : [permit, a.From, new object[] { a.To, a.ValidAfter }, signature.ToArray()];
        if (payment.Sponsorship is not { } sponsorship)
        {
            return (a.Facilitator is null ? s_settleExact : s_settleUpto).Encode(settlement);
        }

        var parts = sponsorship.Signature.Span;
        object[] approval = [sponsorship.Permit.Value, sponsorship.Permit.Deadline, new Hash32(parts[..32]), new Hash32(parts[32..64]), (UInt256)parts[64]];
        return (a.Facilitator is null ? s_settleExactWithPermit : s_settleUptoWithPermit).Encode([approval, .. settlement]);
    }

    /// <summary>
    /// Whether a call of the proxy settled this very permit, for this amount: owner, token, amount, nonce, deadline and witness are the same. The signature is not looked at, since Permit2 took it, nor where in the call it stands.
    /// </summary>
    public static bool IsSettlement(ReadOnlySpan<byte> data, Permit2Proof payment, UInt256 amount)
    {
        var bare = Settle(payment with { Sponsorship = null }, [], amount);

        // What is left ends before the words that say where the signature stands and, empty as it is here, how long it is.
        var wanted = bare.AsSpan(4..^(2 * WordBytes));
        var (plain, sponsored) = payment.Authorization.Facilitator is null ? (s_settleExact, s_settleExactWithPermit) : (s_settleUpto, s_settleUptoWithPermit);
        return Holds(data, plain, 0, wanted) || Holds(data, sponsored, Permit2612Words, wanted);
    }

    private static bool Holds(ReadOnlySpan<byte> data, AbiFunction function, int wordsInFront, ReadOnlySpan<byte> wanted)
    {
        var start = 4 + (wordsInFront * WordBytes);
        return data.Length >= start + wanted.Length && data[..4].SequenceEqual(function.Selector) && data.Slice(start, wanted.Length).SequenceEqual(wanted);
    }

    /// <summary>Whether a nonce is used or invalidated (word <c>nonce &gt;&gt; 8</c>, bit <c>nonce &amp; 255</c>); null when Permit2 is not there.</summary>
    public static async Task<bool?> IsNonceUsedAsync(IChain chain, Address owner, UInt256 nonce, BlockTag block, CancellationToken cancellationToken) =>
        await Erc20Calls.ReadAsync(chain, Permit2.Contract, s_nonceBitmap, [owner, nonce >> 8], cancellationToken, block) is UInt256 word
            ? !((word >> (int)(nonce.U0 & 0xff)) & UInt256.One).IsZero
            : null;

    /// <summary>What the owner lets Permit2 take of a token; 0 when the token does not answer.</summary>
    public static async Task<UInt256> AllowanceAsync(IChain chain, Address token, Address owner, CancellationToken cancellationToken) =>
        await Erc20Calls.ReadAsync(chain, token, s_allowance, [owner, Permit2.Contract], cancellationToken) is UInt256 allowance ? allowance : UInt256.Zero;

    /// <summary>The reason that the revert data of a proxy or of Permit2 stands for; null for others, such as what a token says.</summary>
    public static PaymentReason? FromRevert(ReadOnlySpan<byte> data)
    {
        foreach (var (error, reason) in s_errors)
        {
            if (error.Matches(data))
            {
                return reason;
            }
        }

        return null;
    }
}
