using Purser.Ethereum;
using Purser.Testing;

namespace Purser.Wallet.Tests;

/// <summary>Random bytes from a seed, for several threads.</summary>
internal sealed class SeededRandom(ulong seed) : IRandom
{
    private readonly Lock _gate = new();
    private readonly Seeded _seeded = new(seed);

    public void Fill(Span<byte> destination)
    {
        lock (_gate)
        {
            _seeded.Fill(destination);
        }
    }
}
