using Purser.Ethereum.Rpc;

namespace Purser.Ethereum.Signatures;

/// <summary>Whether a signature is an account's.</summary>
public enum SignatureVerdict
{
    /// <summary>It is.</summary>
    Valid,

    /// <summary>It is not.</summary>
    Invalid,

    /// <summary>It is wrapped for a contract that is still to be deployed (ERC-6492), and no factory is allowed to do that.</summary>
    FactoryNotAllowed,
}

/// <summary>
/// Is this signature this account's? Written once for all features. An account with code (a contract, or an EIP-7702 account) is asked by ERC-1271 and nothing else:
/// there is no fallback to its key, because the token asks the same way. An account without code has to have signed with its key, in the strict 65-byte form.
/// </summary>
public static class AccountSignature
{
    /// <summary>The gas that an account's code may spend on the question.</summary>
    public const ulong GasLimit = 500_000;

    private const int MagicSize = 32;

    private static readonly AbiFunction s_isValidSignature = AbiFunction.Parse("function isValidSignature(bytes32 hash, bytes signature) returns (bytes4)");

    // ERC-6492: a wrapped signature ends with this word.
    private static readonly Hash32 s_wrapped = Hash32.Parse("0x6492649264926492649264926492649264926492649264926492649264926492");

    /// <summary>Asks the chain for the account's code and judges.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="account">The account.</param>
    /// <param name="digest">What was signed.</param>
    /// <param name="signature">65 bytes, or what a contract account accepts.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public static async Task<SignatureVerdict> VerifyAsync(IChain chain, Address account, Hash32 digest, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(chain);
        var code = await chain.GetCodeAsync(account, cancellationToken: cancellationToken);
        if (IsWrapped(signature.Span))
        {
            return SignatureVerdict.FactoryNotAllowed;
        }
        if (code.Length == 0)
        {
            return IsOfKey(account, digest, signature.Span) ? SignatureVerdict.Valid : SignatureVerdict.Invalid;
        }
        var answer = await chain.CallAsync(
            new CallRequest { To = account, Data = s_isValidSignature.Encode(digest, signature.ToArray()), Gas = GasLimit }, cancellationToken: cancellationToken);
        // EIP-1271: the selector of isValidSignature, left-aligned in the first word, as tokens read it. Anything else is a no.
        return answer is CallResult.Returned { Data.Length: >= MagicSize } returned
            && returned.Data.AsSpan(0, 4).SequenceEqual(s_isValidSignature.Selector) && !returned.Data.AsSpan(4, MagicSize - 4).ContainsAnyExcept((byte)0)
            ? SignatureVerdict.Valid
            : SignatureVerdict.Invalid;
    }

    /// <summary>Whether the account's own key signed the digest, in the strict form. Needs no chain.</summary>
    public static bool IsOfKey(in Address account, in Hash32 digest, ReadOnlySpan<byte> signature) =>
        Signature.TryRead(signature, out var strict) && Secp256k1.TryRecover(digest, strict, out var signer) && signer == account;

    /// <summary>Whether the signature carries ERC-6492's mark.</summary>
    public static bool IsWrapped(ReadOnlySpan<byte> signature) => signature.Length >= 32 && signature.EndsWith(s_wrapped.Bytes);
}
