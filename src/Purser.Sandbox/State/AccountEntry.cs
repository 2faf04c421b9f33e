using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.State;

/// <summary>An account as the running block sees it: what the committed state says, and the changes on top. Changed only through <see cref="WorldState"/>, which keeps the journal.</summary>
internal sealed class AccountEntry(Address address, AccountLeaf? committed)
{
    /// <summary>Whose account it is.</summary>
    public Address Address { get; } = address;

    /// <summary>The account in the state that the block builds on; null when it has none there.</summary>
    public AccountLeaf? Committed { get; } = committed;

    /// <summary>In wei.</summary>
    public UInt256 Balance { get; set; } = committed?.Balance ?? default;

    /// <summary>The number of transactions sent, or contracts created.</summary>
    public ulong Nonce { get; set; } = committed?.Nonce ?? 0;

    /// <summary>The code; <see cref="Code.Empty"/> for none.</summary>
    public Code Code { get; set; } = committed?.Code ?? Code.Empty;

    /// <summary>The slots that were read or written in this block.</summary>
    public Dictionary<UInt256, Slot> Slots { get; } = [];

    /// <summary>Whether the account was destroyed in this block, so that committed storage no longer counts.</summary>
    public bool StorageCleared { get; set; }

    /// <summary>The transaction in which the address was last accessed (EIP-2929).</summary>
    public int WarmIn { get; set; }

    /// <summary>The transaction in which the contract was created (EIP-6780).</summary>
    public int CreatedIn { get; set; }

    /// <summary>The transaction in which the contract destroyed itself for good.</summary>
    public int DestroyedIn { get; set; }

    /// <summary>The transaction that last touched the account in the sense of EIP-161: if it is empty when that ends, it is removed.</summary>
    public int TouchedIn { get; set; }

    /// <summary>Whether the block changed the account, so that the commit must write it.</summary>
    public bool Dirty { get; set; }

    /// <summary>Whether nonce and balance are 0 and there is no code (EIP-161's "empty", which counts as absent).</summary>
    public bool IsEmpty => Nonce == 0 && Balance.IsZero && Code.Length == 0;
}
