using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Testing;
using Purser.Wallet;

namespace Purser.Services.Tests.Agent;

/// <summary>A wallet that notes every touch, signs each intent once, and can be told to refuse.</summary>
internal sealed class SpyWallet(TimeProvider clock) : IWallet
{
    private readonly PrivateKey _key = PrivateKey.FromBytes(new Seeded(77).Bytes(32));
    private readonly Seeded _nonces = new(78);
    private readonly Dictionary<string, (X402AuthorizationIntent Intent, AuthorizationResult.Authorized Signed)> _payments = [];

    /// <summary>The calls, in order, each as its name.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>What was noted of outcomes.</summary>
    public List<PresentOutcome> Outcomes { get; } = [];

    /// <summary>What was asked to be signed.</summary>
    public List<X402AuthorizationIntent> Intents { get; } = [];

    /// <summary>How many signatures exist.</summary>
    public int Signatures => _payments.Count;

    /// <summary>Answers instead of signing.</summary>
    public AuthorizationResult? Instead { get; set; }

    public Address Account => _key.Address;

    public Task<AuthorizationResult> AuthorizeAsync(Intent intent, CancellationToken cancellationToken = default)
    {
        Calls.Add("authorize");
        var asked = intent.ShouldBeOfType<X402AuthorizationIntent>();
        Intents.Add(asked);
        if (Instead is not null)
        {
            return Task.FromResult(Instead);
        }

        if (!_payments.TryGetValue(asked.Id, out var known))
        {
            var message = new Eip3009Authorization(Account, asked.PayTo, asked.Amount, 0, (ulong)clock.GetUtcNow().ToUnixTimeSeconds() + (ulong)asked.MaxTimeoutSeconds, new Hash32(_nonces.Bytes(32)));
            known = (asked, new(asked.Id, new SignedEip3009(message, _key.Sign(Eip3009.Digest(message, Eip3009.DomainSeparator("Test USD", "1", asked.Asset))))));
            _payments.Add(asked.Id, known);
        }

        asked.ShouldBe(known.Intent, "the same payment is asked for in the same words");
        return Task.FromResult<AuthorizationResult>(known.Signed);
    }

    public Task<AuthorizationResult> BeginPresentAsync(string intentId, CancellationToken cancellationToken = default)
    {
        Calls.Add("begin");
        return Task.FromResult<AuthorizationResult>(_payments[intentId].Signed);
    }

    public Task RecordOutcomeAsync(string intentId, PresentOutcome outcome, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Calls.Add("record");
        _payments.ShouldContainKey(intentId);
        Outcomes.Add(outcome);
        return Task.CompletedTask;
    }

    public Task<Payment> ReconcileAsync(string intentId, CancellationToken cancellationToken = default)
    {
        Calls.Add("reconcile");
        throw new InvalidOperationException("nobody reconciles here");
    }

    public Task<Payment?> GetPaymentAsync(string intentId, CancellationToken cancellationToken = default)
    {
        Calls.Add("get");
        return Task.FromResult(_payments.TryGetValue(intentId, out var known)
            ? new Payment(known.Intent, PaymentState.Sent, known.Signed.Statement, null, null, clock.GetUtcNow(), clock.GetUtcNow())
            : null);
    }

    public Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit = 100, CancellationToken cancellationToken = default)
    {
        Calls.Add("list");
        return Task.FromResult<IReadOnlyList<Payment>>([]);
    }

    public Task<IReadOnlyList<string>> ListOpenAsync(int limit = 100, CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<string>>([]);
}
