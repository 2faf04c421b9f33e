using System.Collections.Immutable;
using Purser.Ethereum;

namespace Purser.Sandbox.State;

/// <summary>Where a forked chain's state lies that it has not changed. Answers at once or waits; a failure is a <see cref="Purser.Ethereum.Rpc.ChainException"/>.</summary>
internal interface IRemoteState
{
    /// <summary>The account at the block that was forked from; null when it is empty there.</summary>
    AccountLeaf? ReadAccount(in Address address);

    /// <summary>One slot at the block that was forked from.</summary>
    UInt256 ReadSlot(in Address address, in UInt256 slot);
}

/// <summary>The part of an account's storage that a forked chain has not written.</summary>
/// <param name="Source">Where it lies.</param>
/// <param name="Address">Whose it is.</param>
/// <param name="Zeroed">The slots that were set to 0 here: they are not in the account's own storage trie, and not to be asked for either.</param>
internal sealed record RemoteStorage(IRemoteState Source, Address Address, ImmutableHashSet<UInt256> Zeroed)
{
    /// <summary>The slot, where the account's own trie does not have it.</summary>
    public UInt256 Read(in UInt256 slot) => Zeroed.Contains(slot) ? default : Source.ReadSlot(Address, slot);

    /// <summary>After a slot was written.</summary>
    public RemoteStorage Written(in UInt256 slot, in UInt256 value) => value.IsZero ? this with { Zeroed = Zeroed.Add(slot) } : this;
}
