using System.Collections.Concurrent;
using Purser.Ethereum;

namespace Purser.Services.Payments.Facilitator;

/// <summary>Remembers for a while a yes of the chain about an asset; a no is asked again. Bounded, because strangers choose the assets.</summary>
internal sealed class AssetMemory(TimeProvider clock)
{
    private const int MaxAssets = 4096;
    private static readonly TimeSpan s_knownFor = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<AssetId, DateTimeOffset> _known = new();

    /// <summary>The remembered yes, or the answer of <paramref name="ask"/>.</summary>
    public async Task<bool> HoldsAsync(AssetId asset, Func<Task<bool>> ask)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(asset, out var seen) && now - seen < s_knownFor)
        {
            return true;
        }

        if (!await ask())
        {
            return false;
        }

        if (_known.Count >= MaxAssets)
        {
            _known.Clear();
        }

        _known[asset] = now;
        return true;
    }
}
