using System.Runtime.CompilerServices;

namespace Purser.Ethereum;

/// <summary>
/// Keccak-256 over data that comes in parts: any number of <see cref="Append"/>, then one <c>Finish</c>, after which the
/// hasher is new again. A mutable struct without allocation: keep it in one variable and pass it by reference, a copy goes
/// its own way. <c>default</c> is a fresh hasher. Not for concurrent use.
/// </summary>
public struct Keccak256Hasher
{
    [InlineArray(Keccak256.Lanes)]
    private struct State
    {
        private ulong _first;
    }

    [InlineArray(Keccak256.Rate)]
    private struct Pending
    {
        private byte _first;
    }

    private State _state;
    private Pending _pending;
    private int _count;

    /// <summary>Adds the next part of the data, of any length.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        Span<byte> pending = _pending;
        if (_count > 0)
        {
            int take = Math.Min(data.Length, Keccak256.Rate - _count);
            data[..take].CopyTo(pending[_count..]);
            data = data[take..];
            _count += take;
            if (_count < Keccak256.Rate)
            {
                return;
            }

            Keccak256.Absorb(_state, pending);
        }

        while (data.Length >= Keccak256.Rate)
        {
            Keccak256.Absorb(_state, data);
            data = data[Keccak256.Rate..];
        }

        data.CopyTo(pending);
        _count = data.Length;
    }

    /// <summary>The digest of all that was appended; the hasher starts again.</summary>
    [SkipLocalsInit]
    public Hash32 Finish()
    {
        Span<byte> digest = stackalloc byte[Keccak256.DigestSize];
        Finish(digest);
        return new Hash32(digest);
    }

    /// <summary>Writes the 32-byte digest of all that was appended to the start of <paramref name="destination"/>; the hasher starts again.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="destination"/> is shorter than 32 bytes.</exception>
    public void Finish(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Keccak256.DigestSize, nameof(destination));
        Keccak256.AbsorbLast(_state, ((ReadOnlySpan<byte>)_pending)[.._count]);
        Keccak256.WriteDigest(_state, destination);
        this = default;
    }
}
