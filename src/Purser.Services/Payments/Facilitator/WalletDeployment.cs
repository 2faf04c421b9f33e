using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;

namespace Purser.Services.Payments.Facilitator;

/// <summary>What a facilitator does about a payer whose contract wallet does not exist yet (ERC-6492): simulate with its deployment in front, deploy it, settle with the signature that is inside.</summary>
internal static class WalletDeployment
{
    private static readonly Address s_multicall3 = Address.Parse("0xcA11bde05977b3631167028862bE2a173976CA11");

    private static readonly AbiFunction s_aggregate3 = AbiFunction.Parse(
        "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[] returnData)");

    /// <summary>The signature that goes on chain: what is inside a wrapper, or the signature itself.</summary>
    public static ReadOnlyMemory<byte> Inner(ReadOnlyMemory<byte> signature) => WrappedSignature.TryDecode(signature.Span, out var wrapped) ? wrapped.Signature : signature;

    /// <summary>Simulates a settlement by an account; of a wrapped signature after the call of its factory. Null when it went through, or its revert data.</summary>
    /// <exception cref="ChainException">The chain could not be asked.</exception>
    public static async Task<byte[]?> SimulateAsync(FacilitatorChain served, Address from, (Address To, byte[] Data) call, ReadOnlyMemory<byte> signature, CancellationToken cancellationToken)
    {
        if (!WrappedSignature.TryDecode(signature.Span, out var wrapped))
        {
            var plain = new CallRequest { From = from, To = call.To, Data = call.Data, Gas = served.GasCap };
            return await served.Chain.CallAsync(plain, cancellationToken: cancellationToken) is CallResult.Reverted reverted ? reverted.Data : null;
        }

        // The factory may fail, as it does for a wallet that exists: what counts is the settlement.
        object[] calls = [new object[] { wrapped.Factory, true, wrapped.FactoryCalldata.ToArray() }, new object[] { call.To, true, call.Data }];
        var both = new CallRequest { From = from, To = s_multicall3, Data = s_aggregate3.Encode((object)calls), Gas = served.GasCap + served.DeploymentGasCap };
        if (await served.Chain.CallAsync(both, cancellationToken: cancellationToken) is not CallResult.Returned returned)
        {
            return [];
        }
        try
        {
            var results = (IReadOnlyList<object>)s_aggregate3.DecodeOutput(returned.Data)[0];
            var settlement = (IReadOnlyList<object>)results[1];
            return settlement[0] is true ? null : (byte[])settlement[1];
        }
        catch (AbiException)
        {
            return []; // no such contract on this chain
        }
    }
}
