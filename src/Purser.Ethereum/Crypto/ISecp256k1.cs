namespace Purser.Ethereum;

/// <summary>
/// The curve as this house needs it; two implementations pass the same tests. All numbers are 32 big-endian bytes, a
/// compact signature is r ‖ s (64 bytes), a public key is x ‖ y (64 bytes, no prefix). Every length is the caller's duty.
/// Safe for concurrent use.
/// </summary>
internal interface ISecp256k1
{
    /// <summary>What <c>purser doctor</c> prints.</summary>
    string Name { get; }

    /// <summary>
    /// The raw recover (SEC 1, 4.1.6): r and s in 1..n−1, high s allowed; bit 0 of <paramref name="recoveryId"/> is the
    /// parity of R's y, bit 1 (not used by Ethereum) says that R's x was n or more. False when no key fits.
    /// </summary>
    bool TryRecover(ReadOnlySpan<byte> digest32, ReadOnlySpan<byte> compact64, int recoveryId, Span<byte> publicKey64);

    /// <summary>Plain ECDSA (SEC 1, 4.1.4): r and s in 1..n−1, high s allowed; false also for a key that is none.</summary>
    bool Verify(ReadOnlySpan<byte> digest32, ReadOnlySpan<byte> compact64, ReadOnlySpan<byte> publicKey64);

    /// <summary>Reads a SEC 1 key of 33 bytes (02, 03) or 65 (04); false for any other form or a point off the curve.</summary>
    bool TryParsePublicKey(ReadOnlySpan<byte> encoded, Span<byte> publicKey64);

    /// <summary>The public key of a secret in 1..n−1.</summary>
    void DerivePublicKey(ReadOnlySpan<byte> secret32, Span<byte> publicKey64);

    /// <summary>Signs with low s; returns the recovery id, 0 or 1. <paramref name="publicKey64"/> is the secret's own.</summary>
    int Sign(ReadOnlySpan<byte> secret32, ReadOnlySpan<byte> publicKey64, ReadOnlySpan<byte> digest32, Span<byte> compact64);

    /// <summary>
    /// secret = secret + tweak modulo n (BIP-32's step); false, with the secret cleared, when the tweak is n or more or the
    /// sum is 0.
    /// </summary>
    bool TryAddSecret(Span<byte> secret32, ReadOnlySpan<byte> tweak32);
}
