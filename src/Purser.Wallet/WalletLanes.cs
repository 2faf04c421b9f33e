using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Wallet.Keys;
using Purser.Wallet.Transactions;

namespace Purser.Wallet;

/// <summary>
/// The lanes of a wallet's accounts, opened when they are first asked for, on the wallet's own store: so that the lane's row and the payment's are one write. Opening one broadcasts again what
/// an earlier process left open.
/// </summary>
internal sealed class WalletLanes(LocalWalletOptions options)
{
    // One for each key and chain in this process, whatever the cap: two would wait for each other's lease, and one that was opened under an older policy would go on raising fees by it.
    private readonly ConcurrentDictionary<(ChainId Chain, Address Account), Lazy<Task<NonceLane>>> _lanes = new();

    /// <summary>The lane; null when no node is set for the chain. The key need not be unlocked to follow what was sent.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="account">The account.</param>
    /// <param name="maxFeePerGas">The most that the policy lets one gas cost, in wei: the lane keeps to it from now on.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="Purser.Ethereum.Rpc.ChainException">The node cannot be asked, or is of another chain.</exception>
    public async Task<NonceLane?> FindAsync(ChainId chain, Address account, UInt256 maxFeePerGas, CancellationToken cancellation)
    {
        if (!options.Chains.TryGetValue(chain, out var node))
        {
            return null;
        }

        // Opened once for all who ask meanwhile, so none of them may cancel it. What failed to open is tried anew by the next.
        var opening = _lanes.GetOrAdd((chain, account), _ => new(() => NonceLane.OpenAsync(
            options.Store, node, chain, new RingSigner(options.Keys, account), options.Time, options.Lanes, maxFeePerGas, CancellationToken.None)));
        try
        {
            var lane = await opening.Value.WaitAsync(cancellation);
            lane.FeeCap = maxFeePerGas;
            return lane;
        }
        catch when (opening.Value.IsFaulted)
        {
            _lanes.TryRemove(new((chain, account), opening));
            throw;
        }
    }

    /// <summary>Signs with whatever key the ring has unlocked at that moment, so that a lane outlives locking; what is no signature of the account is not used.</summary>
    private sealed class RingSigner(KeyRing keys, Address account) : ISigner
    {
        public Address Address => account;

        async ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken)
        {
            if (!keys.TryFind(account, out var signer, out var refusal))
            {
                throw new SignerException(refusal);
            }

            var signature = await signer.SignAsync(payload, cancellationToken);
            return Secp256k1.TryRecover(payload.Digest, signature, out var by) && by == account ? signature : throw new SignerException(SignerRefusals.WrongKey("the account's signer", account));
        }

        public void Dispose()
        {
            // The ring's.
        }
    }
}
