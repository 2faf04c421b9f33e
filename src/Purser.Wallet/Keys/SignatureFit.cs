using Purser.Ethereum;

namespace Purser.Wallet.Keys;

/// <summary>
/// Makes of r and s, as whoever signs elsewhere gives them, the one strict signature of an account over a digest, or nothing. ECDSA
/// takes either s (SEC 1, 4.1.4; EIP-2 only the low one), key managers give no v, and some signers give 0 and 1 for it: so v is not
/// believed but found, by recovering the account.
/// </summary>
internal static class SignatureFit
{
    /// <summary>False when r and s are out of range or the signature is another's or of something else.</summary>
    public static bool TryFit(in UInt256 r, in UInt256 s, in Hash32 digest, Address account, out Signature signature)
    {
        signature = default;
        if (s.IsZero || s >= Signature.Order)
        {
            return false;
        }

        var low = s > Signature.Order >> 1 ? Signature.Order - s : s;
        for (var v = 27; v <= 28; v++)
        {
            if (Signature.TryCreate(Hash32.FromUInt256(r), Hash32.FromUInt256(low), v, out var candidate)
                && Secp256k1.TryRecover(digest, candidate, out var signer) && signer == account)
            {
                signature = candidate;
                return true;
            }
        }

        return false;
    }

    /// <summary>As the other form, of 0x and 130 hex digits r, s, v, where v is 0, 1, 27 or 28.</summary>
    /// <param name="text">What the signer gave.</param>
    /// <param name="digest">Our own digest of what was asked.</param>
    /// <param name="account">Whose signature it has to be.</param>
    /// <param name="signer">The signer as messages call it.</param>
    /// <exception cref="SignerException">It is no signature, or not that one.</exception>
    public static Signature Fit(string? text, in Hash32 digest, Address account, string signer)
    {
        Span<byte> bytes = stackalloc byte[Signature.Size];
        if (!Hex.TryDecode(text.AsSpan(), bytes) || bytes[64] is not (0 or 1 or 27 or 28))
        {
            throw new SignerException(SignerRefusals.Malformed(signer, "no signature of 65 bytes in hex"));
        }

        return TryFit(new Hash32(bytes[..32]).ToUInt256(), new Hash32(bytes[32..64]).ToUInt256(), digest, account, out var signature)
            ? signature
            : throw new SignerException(SignerRefusals.WrongKey(signer, account));
    }
}
