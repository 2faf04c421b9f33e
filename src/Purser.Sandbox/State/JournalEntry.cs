using Purser.Ethereum;
using Purser.Sandbox.Evm;

namespace Purser.Sandbox.State;

/// <summary>What a <see cref="JournalEntry"/> takes back.</summary>
internal enum Change : byte
{
    Touched,
    Balance,
    Nonce,
    Code,
    Storage,
    Transient,
    WarmAccount,
    WarmSlot,
    Created,
    Destroyed,
}

/// <summary>How one change of a <see cref="WorldState"/> is undone.</summary>
/// <param name="Change">What changed.</param>
/// <param name="Account">Where.</param>
/// <param name="Key">The slot, of a change to storage.</param>
/// <param name="Old">The value before; a transaction's number for what is kept as such.</param>
/// <param name="OldCode">The code before.</param>
internal readonly record struct JournalEntry(Change Change, AccountEntry Account, UInt256 Key, UInt256 Old, Code? OldCode);
