using Purser.Ethereum;

namespace Purser.Sandbox.Evm;

/// <summary>What the code can learn of the transaction that it runs for.</summary>
/// <param name="Origin">The sender.</param>
/// <param name="GasPrice">The effective price in wei per gas.</param>
/// <param name="BlobHashes">Versioned hashes (EIP-4844).</param>
internal sealed record TransactionContext(Address Origin, UInt256 GasPrice, IReadOnlyList<Hash32> BlobHashes);
