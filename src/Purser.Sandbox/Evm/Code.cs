using System.Runtime.CompilerServices;
using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>A piece of EVM code with its hash, and its jump destinations once they were asked for. Immutable, shared between accounts and threads.</summary>
internal sealed class Code
{
    // Longer than the longest PUSH operand: the interpreter may read an operand or the implied STOP behind the end without a check.
    private const int Padding = 33;

    private readonly byte[] _padded;
    private StrongBox<Hash32>? _hash;
    private ulong[]? _jumpDestinations;

    /// <summary>Takes a copy of the bytes.</summary>
    public Code(ReadOnlySpan<byte> bytes)
    {
        Length = bytes.Length;
        _padded = new byte[bytes.Length + Padding];
        bytes.CopyTo(_padded);
    }

    /// <summary>No code: what an externally owned account has.</summary>
    public static Code Empty { get; } = new([]);

    /// <summary>The number of bytes.</summary>
    public int Length { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _padded.AsSpan(0, Length);

    /// <summary>The bytes with zeros behind them, for the interpreter.</summary>
    public byte[] Padded => _padded;

    /// <summary>Keccak-256 of the bytes, computed when first asked for; threads that race compute the same.</summary>
    public Hash32 Hash => (_hash ??= new(Keccak256.Hash(Bytes))).Value;

    /// <summary>Whether <paramref name="destination"/> is a JUMPDEST that is not the operand of a PUSH.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsJumpDestination(in UInt256 destination)
    {
        if (!destination.FitsUInt64 || destination.U0 >= (ulong)Length)
        {
            return false;
        }
        var map = _jumpDestinations ?? Analyse();
        var at = (int)destination.U0;
        return (map[at >> 6] & (1UL << at)) != 0;
    }

    private ulong[] Analyse()
    {
        var map = new ulong[(Length / 64) + 1];
        for (var i = 0; i < Length; i++)
        {
            var opcode = _padded[i];
            if (opcode == Opcode.JumpDest)
            {
                map[i >> 6] |= 1UL << (i & 63);
            }
            else if (opcode is >= Opcode.Push1 and <= Opcode.Push32)
            {
                i += opcode - Opcode.Push1 + 1;
            }
        }
        // Threads that race here publish equal maps.
        Volatile.Write(ref _jumpDestinations, map);
        return map;
    }
}
