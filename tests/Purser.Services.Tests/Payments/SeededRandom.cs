using Purser.Ethereum;
using Purser.Testing;

namespace Purser.Services.Tests.Payments;

/// <summary>Randomness that is the same on every run.</summary>
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
