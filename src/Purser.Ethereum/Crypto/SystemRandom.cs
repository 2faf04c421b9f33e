using System.Security.Cryptography;

namespace Purser.Ethereum;

/// <summary>The operating system's cryptographic random source, the <see cref="IRandom"/> of production. Safe for concurrent use.</summary>
public sealed class SystemRandom : IRandom
{
    /// <inheritdoc/>
#pragma warning disable RS0030 // this class is the one door to the generator
    public void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
#pragma warning restore RS0030
}
