using Purser.Ethereum;

namespace Purser.Wallet.Transactions;

/// <summary>The states of a row: open, or how it ended. A reorganisation can open again what was in a block; what was replaced stays so.</summary>
internal static class LaneStates
{
    public const string Open = "open";
    public const string Mined = "mined";
    public const string Reverted = "reverted";
    public const string Cancelled = "cancelled";
    public const string Replaced = "replaced";
}

/// <summary>A row of <c>lane_transactions</c>: a request, its nonce and its first version.</summary>
internal sealed class LaneRow
{
    public string RequestKey { get; init; } = "";

    public byte[] ContentHash { get; init; } = [];

    public long Nonce { get; init; }

    public byte[] Raw { get; init; } = [];

    public byte[] TxHash { get; init; } = [];

    public string State { get; init; } = LaneStates.Open;

    /// <summary>Unix milliseconds.</summary>
    public long CreatedAt { get; init; }

    /// <summary>A block that was deep in the chain when the row was made, by which that chain is known again; null in rows of the first schema.</summary>
    public long? AnchorNumber { get; init; }

    public byte[]? AnchorHash { get; init; }

    /// <summary>The version that a block holds, and that block; null while open or replaced.</summary>
    public byte[]? MinedHash { get; init; }

    public long? MinedNumber { get; init; }

    public byte[]? MinedBlock { get; init; }

    /// <summary>The foreign transaction that took the nonce, if it was found.</summary>
    public byte[]? ReplacedBy { get; init; }

    /// <summary>All versions, the oldest first. Filled in by the table.</summary>
    public IReadOnlyList<LaneVersion> Versions { get; private set; } = [];

    public LaneVersion Newest => Versions[^1];

    public bool IsOpen => State == LaneStates.Open;

    public LaneRow WithLater(IEnumerable<LaneVersion> later)
    {
        Versions = [new() { Nonce = Nonce, Number = 0, Raw = Raw, TxHash = TxHash, CreatedAt = CreatedAt }, .. later];
        return this;
    }
}

/// <summary>One signed version of a transaction. Number 0 is the row's own, the others are rows of <c>lane_versions</c>.</summary>
internal sealed class LaneVersion
{
    public long Nonce { get; init; }

    public long Number { get; init; }

    public byte[] Raw { get; init; } = [];

    public byte[] TxHash { get; init; } = [];

    /// <summary>1 when this version only takes the nonce (a transfer of nothing to oneself).</summary>
    public long Cancels { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long CreatedAt { get; init; }

    public Hash32 Hash => new(TxHash);

    public bool IsCancel => Cancels != 0;

    /// <summary>What was signed.</summary>
    public Transaction1559 Decode() => (Transaction1559)SignedTransaction.Decode(Raw).Transaction;
}
