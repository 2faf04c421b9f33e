using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Services.Payments.Facilitator;

namespace Purser.Services.Tests.Payments;

/// <summary>
/// A facilitator for tests of the seller's door alone: signatures are checked for real, the chain is a ledger in memory, and its answers can be made to fail.
/// What runs end to end takes the real one on the sandbox.
/// </summary>
internal sealed class StandInFacilitator(TimeProvider clock) : IFacilitator
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(Address, Hash32), string> _used = [];
    private readonly Dictionary<Address, UInt256> _balances = [];

    public int Verifications { get; private set; }

    public int SettleCalls { get; private set; }

    /// <summary>Settlements that moved money.</summary>
    public int Moved { get; private set; }

    /// <summary>Runs before a verification; throws for a facilitator that is down.</summary>
    public Func<Task> BeforeVerify { get; set; } = () => Task.CompletedTask;

    /// <summary>Answers instead of the ledger, or null to let the ledger answer. Gets the number of the call, from 1.</summary>
    public Func<int, SettleResponse?> InsteadOfSettle { get; set; } = _ => null;

    /// <summary>Runs after the ledger moved and before the answer goes out.</summary>
    public Func<Task> AfterMove { get; set; } = () => Task.CompletedTask;

    public void Mint(Address account, UInt256 amount) => _balances[account] = BalanceOf(account) + amount;

    public UInt256 BalanceOf(Address account)
    {
        lock (_gate)
        {
            return _balances.GetValueOrDefault(account);
        }
    }

    public async Task<VerifyResponse> VerifyAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        await BeforeVerify();
        lock (_gate)
        {
            Verifications++;
            var reason = Judge(request, out var proof, out _);
            return new(reason is null, proof.Authorization.From.ToString(), reason?.ToWire());
        }
    }

    public async Task<SettleResponse> SettleAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        SettleResponse response;
        lock (_gate)
        {
            SettleCalls++;
            if (InsteadOfSettle(SettleCalls) is { } instead)
            {
                return instead;
            }

            response = Settle(request);
        }

        await AfterMove();
        return response;
    }

    public Task<SupportedResponse> GetSupportedAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(new SupportedResponse([new(2, "exact", "eip155:84532")], [], new Dictionary<string, IReadOnlyList<string>>()));

    private SettleResponse Settle(FacilitatorRequest request)
    {
        var reason = Judge(request, out var proof, out var known);
        var payer = proof.Authorization.From;
        if (known is not null)
        {
            return new(true, known, request.Requirements.Network, payer.ToString());
        }

        if (reason is { } wrong)
        {
            return new(false, "", request.Requirements.Network, payer.ToString(), wrong.ToWire());
        }

        var transaction = Keccak256.Hash(proof.Authorization.Nonce.Bytes).ToString();
        _balances[payer] -= proof.Authorization.Value;
        _balances[proof.Authorization.To] = _balances.GetValueOrDefault(proof.Authorization.To) + proof.Authorization.Value;
        _used[(payer, proof.Authorization.Nonce)] = transaction;
        Moved++;
        return new(true, transaction, request.Requirements.Network, payer.ToString());
    }

    private PaymentReason? Judge(FacilitatorRequest request, out Eip3009Proof proof, out string? known)
    {
        var terms = ExactEip3009.Instance.ReadTerms(request.Requirements, out _)!;
        proof = Eip3009Proof.Read(terms, JsonShape.Of(request.Payload.Payload));
        known = _used.GetValueOrDefault((proof.Authorization.From, proof.Authorization.Nonce));
        var domain = Eip3009.DomainSeparator(terms.DomainName, terms.DomainVersion, terms.Asset);
        if (!Signature.TryRead(proof.Signature.Span, out var signature) || !Eip3009.TryRecover(proof.Authorization, domain, signature, out var signer) || signer != proof.Authorization.From)
        {
            return PaymentReason.Signature;
        }

        return ExactEip3009.Instance.CheckProof(proof, clock.GetUtcNow().ToUnixTimeSeconds())
            ?? (known is not null ? PaymentReason.NonceUsed
                : _balances.GetValueOrDefault(proof.Authorization.From) < terms.Amount ? PaymentReason.InsufficientBalance : null);
    }
}
