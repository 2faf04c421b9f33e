using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;

namespace Purser.Services.SignIn.Links;

/// <summary>Whether a text is signed by a wallet: one with a key, or a contract on a chain that this service has a node of.</summary>
/// <param name="options">The nodes.</param>
internal sealed class WalletProof(AgentSignInOptions options)
{
    /// <exception cref="ChainException">The chain does not answer.</exception>
    public async Task<bool> IsSignedAsync(ChainId chain, Address wallet, string text, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        var digest = Eip191.HashPersonalMessage(text);
        if (!AccountSignature.IsWrapped(signature.Span) && AccountSignature.IsOfKey(wallet, digest, signature.Span))
        {
            return true;
        }

        return options.ContractWallets.TryGetValue(chain, out var node)
            && await AccountSignature.VerifyAsync(node, wallet, digest, signature, new() { Factories = options.Factories, Timeout = options.ChainTimeout }, cancellationToken) is SignatureVerdict.Valid;
    }
}
