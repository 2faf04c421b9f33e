using Purser.Ethereum;

namespace Purser.Sandbox.State;

/// <summary>A storage slot as the running block sees it.</summary>
internal struct Slot
{
    /// <summary>The value now.</summary>
    public UInt256 Current;

    /// <summary>The value when the transaction <see cref="OriginalIn"/> began (EIP-2200's original value).</summary>
    public UInt256 Original;

    /// <summary>The transaction that <see cref="Original"/> is of; when it is not the running one, Original is stale.</summary>
    public int OriginalIn;

    /// <summary>The transaction in which the slot was last accessed: it is warm in that one only (EIP-2929).</summary>
    public int WarmIn;
}
