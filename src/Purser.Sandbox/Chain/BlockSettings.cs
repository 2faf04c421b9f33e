using Purser.Ethereum;

namespace Purser.Sandbox.Chain;

/// <summary>What blocks are made with and cheats may change. Part of the chain's view, so that readers see it without a lock and a snapshot keeps it.</summary>
/// <param name="ChainId">For CHAINID and for the signatures that are taken.</param>
/// <param name="Coinbase">The fee recipient.</param>
/// <param name="GasLimit">Of each block.</param>
internal sealed record BlockSettings(ulong ChainId, Address Coinbase, ulong GasLimit)
{
    /// <summary>The least gas limit: that of the smallest block that does anything.</summary>
    public const ulong LeastGasLimit = 21_000;

    /// <summary>The largest gas limit: what one block may keep the writer busy with stays within seconds.</summary>
    public const ulong MostGasLimit = 1_000_000_000;

    /// <summary>The base fee of the next block alone, in wei per gas; null for what EIP-1559 says.</summary>
    public UInt256? BaseFee { get; init; }

    /// <summary>PREVRANDAO of the next block alone; null for the hash of its parent's hash.</summary>
    public Hash32? PrevRandao { get; init; }

    /// <summary>Seconds from each block to the next, whatever the clock says; null for the clock.</summary>
    public ulong? TimestampInterval { get; init; }

    /// <summary>What is left once a block was made.</summary>
    public BlockSettings AfterBlock() => BaseFee is null && PrevRandao is null ? this : this with { BaseFee = null, PrevRandao = null };

    /// <summary>What a chain starts with.</summary>
    public static BlockSettings Of(SandboxOptions options) => new(options.ChainId.Value, options.Coinbase, options.GasLimit);

    /// <summary>Writes the members as one list; a missing one is an empty string, and a number that may be missing is one more than it is.</summary>
    public void Write(ref RlpWriter writer)
    {
        var list = writer.StartList();
        writer.Write(ChainId);
        writer.Write(Coinbase);
        writer.Write(GasLimit);
        writer.Write(BaseFee is { } fee ? (ReadOnlySpan<byte>)Hash32.FromUInt256(fee).ToArray() : []);
        writer.Write(PrevRandao is { } randao ? (ReadOnlySpan<byte>)randao.ToArray() : []);
        writer.Write(TimestampInterval is { } interval ? interval + 1 : 0);
        writer.EndList(list);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="RlpException">It is something else.</exception>
    public static BlockSettings Read(ref RlpReader reader)
    {
        var list = reader.ReadList();
        var settings = new BlockSettings(list.ReadUInt64(), list.ReadAddress(), list.ReadUInt64())
        {
            BaseFee = ReadWord(ref list)?.ToUInt256(),
            PrevRandao = ReadWord(ref list),
            TimestampInterval = list.ReadUInt64() is > 0 and var interval ? interval - 1 : null,
        };
        list.EnsureEnd();
        return settings;
    }

    private static Hash32? ReadWord(ref RlpReader list)
    {
        var at = list.Offset;
        var bytes = list.ReadBytes();
        return bytes.Length switch
        {
            0 => null,
            Hash32.Size => new Hash32(bytes),
            _ => throw new RlpException($"Expected nothing or 32 bytes, not {bytes.Length}.", at),
        };
    }
}
