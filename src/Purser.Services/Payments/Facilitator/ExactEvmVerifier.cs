using System.Collections.Concurrent;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Ethereum.Signatures;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Facilitator;

/// <summary>A payment that was read and whose terms are the seller's own.</summary>
/// <param name="Terms">The seller's terms.</param>
/// <param name="Payload">What the payer signed.</param>
internal sealed record ExactEvmPayment(ExactEvmTerms Terms, ExactEvmPayload Payload)
{
    /// <summary>What names this payment once and for all: chain, token, payer and nonce, all from the signed object (never from what a client adds).</summary>
    public string Key => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{Terms.Asset.Chain.Value}/{Terms.Asset.Token.ToLowerHex()}/{Payload.Authorization.From.ToLowerHex()}/{Payload.Authorization.Nonce}");

    /// <summary>The signed message under the token's domain.</summary>
    public Hash32 Digest => Eip3009.Digest(Payload.Authorization, Eip3009.DomainSeparator(Terms.DomainName, Terms.DomainVersion, Terms.Asset));
}

/// <summary>What a verification came to: null reason, or why not.</summary>
/// <param name="Payment">The payment, as far as it could be read.</param>
/// <param name="Reason">Why it does not count, or null.</param>
/// <param name="Message">More about it, for people.</param>
internal sealed record ExactEvmVerdict(ExactEvmPayment? Payment, PaymentReason? Reason, string? Message = null);

/// <summary>Verifies scheme <c>exact</c> with EIP-3009 in the order of specs/x402.md 5.1.</summary>
internal sealed class ExactEvmVerifier(IReadOnlyDictionary<ChainId, FacilitatorChain> chains, TimeProvider clock)
{
    private const int MaxKnownAssets = 4096;
    private static readonly TimeSpan s_knownFor = TimeSpan.FromMinutes(15);
    private readonly ConcurrentDictionary<AssetId, DateTimeOffset> _deployed = new();
    private readonly ConcurrentDictionary<AssetId, DateTimeOffset> _speaking = new();

    /// <summary>Reads without asking the chain: steps 1 to 3.</summary>
    public ExactEvmVerdict Read(FacilitatorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (ExactEvm.CheckTerms(request.Payload.Accepted, request.Requirements) is { } mismatch)
        {
            return new(null, mismatch);
        }
        var terms = ExactEvm.ReadTerms(request.Requirements, out var reason);
        if (terms is null)
        {
            return new(null, reason);
        }
        if (!chains.TryGetValue(terms.Asset.Chain, out var served))
        {
            return new(null, PaymentReason.Network, $"This facilitator does not serve {terms.Asset.Chain}.");
        }
        if (served.Tokens?.Contains(terms.Asset.Token) == false)
        {
            return new(null, PaymentReason.InvalidRequirements, $"This facilitator does not settle {terms.Asset}.");
        }
        var shape = JsonShape.Of(request.Payload.Payload);
        var payload = ExactEvmPayload.Read(shape);
        return shape.Ok ? new(new(terms, payload), null) : new(null, PaymentReason.InvalidPayload, shape.Refusal?.ToString());
    }

    /// <summary>All steps; the simulation can be left out where the settlement's own estimate follows at once.</summary>
    public async Task<ExactEvmVerdict> VerifyAsync(FacilitatorRequest request, bool simulate, CancellationToken cancellationToken)
    {
        var read = Read(request);
        if (read.Payment is not { } payment || read.Reason is not null)
        {
            return read;
        }
        var served = chains[payment.Terms.Asset.Chain];
        var authorization = payment.Payload.Authorization;
        var deployed = IsDeployedAsync(served.Chain, payment.Terms.Asset, cancellationToken);
        var verdict = await AccountSignature.VerifyAsync(served.Chain, authorization.From, payment.Digest, payment.Payload.Signature, cancellationToken);
        var hasCode = await deployed;
        if (verdict is not SignatureVerdict.Valid)
        {
            return new(payment, verdict is SignatureVerdict.FactoryNotAllowed ? PaymentReason.FactoryNotAllowed : PaymentReason.Signature);
        }
        if (ExactEvm.CheckAuthorization(payment.Terms, authorization, clock.GetUtcNow().ToUnixTimeSeconds()) is { } broken)
        {
            return new(payment, broken);
        }
        if (!hasCode)
        {
            return new(payment, PaymentReason.AssetNotDeployed);
        }
        var simulated = simulate ? await SimulateAsync(served, payment, cancellationToken) : new(payment, null);
        // A contract with a fallback takes any call without a word (wrapped ether does): a transfer that "succeeds" there moves nothing.
        return simulated.Reason is null && !await SpeaksAsync(served.Chain, payment, cancellationToken) ? new(payment, PaymentReason.Eip3009NotSupported) : simulated;
    }

    private async Task<ExactEvmVerdict> SimulateAsync(FacilitatorChain served, ExactEvmPayment payment, CancellationToken cancellationToken)
    {
        var call = new CallRequest { From = served.Lane.Address, To = payment.Terms.Asset.Token, Data = Eip3009Calls.Transfer(payment.Payload), Gas = ExactEvmFacilitator.GasCap };
        return await served.Chain.CallAsync(call, cancellationToken: cancellationToken) is CallResult.Reverted reverted
            ? await DiagnoseAsync(served.Chain, payment, reverted, cancellationToken)
            : new(payment, null);
    }

    // Why would the transfer fail? The questions stand in the order of specs/x402.md 5.1, step 12.
    private static async Task<ExactEvmVerdict> DiagnoseAsync(IChain chain, ExactEvmPayment payment, CallResult.Reverted reverted, CancellationToken cancellationToken)
    {
        var text = Eip3009Calls.RevertText(reverted.Data);
        var authorization = payment.Payload.Authorization;
        var token = payment.Terms.Asset.Token;
        switch (await Eip3009Calls.AuthorizationStateAsync(chain, token, authorization.From, authorization.Nonce, cancellationToken))
        {
            case null:
                return new(payment, PaymentReason.Eip3009NotSupported);
            case true:
                return new(payment, PaymentReason.NonceUsed);
            default:
                break;
        }
        if (await Eip3009Calls.NameAsync(chain, token, cancellationToken) is { } name && name != payment.Terms.DomainName)
        {
            return new(payment, PaymentReason.TokenName);
        }
        if (await Eip3009Calls.VersionAsync(chain, token, cancellationToken) is { } version && version != payment.Terms.DomainVersion)
        {
            return new(payment, PaymentReason.TokenVersion);
        }
        var balance = await Eip3009Calls.BalanceAsync(chain, token, authorization.From, cancellationToken);
        return balance < authorization.Value
            ? new(payment, PaymentReason.InsufficientBalance)
            : new(payment, PaymentReason.SimulationFailed, UntrustedText.Clean(text));
    }

    private Task<bool> IsDeployedAsync(IChain chain, AssetId asset, CancellationToken cancellationToken) => RememberAsync(
        _deployed, asset, async () => (await chain.GetCodeAsync(asset.Token, cancellationToken: cancellationToken)).Length > 0);

    private Task<bool> SpeaksAsync(IChain chain, ExactEvmPayment payment, CancellationToken cancellationToken) => RememberAsync(
        _speaking, payment.Terms.Asset,
        async () => await Eip3009Calls.AuthorizationStateAsync(
            chain, payment.Terms.Asset.Token, payment.Payload.Authorization.From, payment.Payload.Authorization.Nonce, cancellationToken) is not null);

    private async Task<bool> RememberAsync(ConcurrentDictionary<AssetId, DateTimeOffset> known, AssetId asset, Func<Task<bool>> ask)
    {
        var now = clock.GetUtcNow();
        if (known.TryGetValue(asset, out var seen) && now - seen < s_knownFor)
        {
            return true;
        }
        if (!await ask())
        {
            return false;
        }
        if (known.Count >= MaxKnownAssets)
        {
            known.Clear(); // strangers choose the assets, so the memory is bounded
        }
        known[asset] = now;
        return true;
    }
}
