namespace Purser.Ethereum;

/// <summary>Where random bytes come from. Production hands in <c>SystemRandom</c>; a simulation hands in a seeded one.</summary>
public interface IRandom
{
    /// <summary>Fills the span with random bytes; for keys and nonces these must be cryptographically strong.</summary>
    void Fill(Span<byte> destination);
}
