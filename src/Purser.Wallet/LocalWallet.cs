using System.Globalization;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Wallet.Journal;
using Purser.Wallet.Keys;
using Purser.Wallet.Policy;
using Purser.Wallet.Tokens;

namespace Purser.Wallet;

/// <summary>
/// The wallet in this process. It protects against an agent that is misled; against one that is taken over only a vault in another
/// process does. Any number of instances, in any number of processes, may share one store and one data folder.
/// </summary>
public sealed class LocalWallet : IWallet
{
    private readonly LocalWalletOptions _options;
    private readonly PaymentBook _book;
    private readonly DomainCheck _domains = new();
    private readonly PaymentReconciler _reconciler;

    private LocalWallet(LocalWalletOptions options)
    {
        _options = options;
        _book = new PaymentBook(options.Store, new JournalChain(options.JournalKey), options.Time);
        _reconciler = new PaymentReconciler(options, _book);
        Journal = new PaymentJournal(options.Store, options.JournalKey);
    }

    /// <summary>The journal, to read and to verify.</summary>
    public PaymentJournal Journal { get; }

    /// <summary>Brings the tables up to date and gives up what processes that are gone reserved and never signed.</summary>
    public static async Task<LocalWallet> OpenAsync(LocalWalletOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await options.Store.MigrateAsync(WalletSchema.Migrations, cancellationToken);
        var wallet = new LocalWallet(options);
        await wallet.RecoverAsync(cancellationToken);
        return wallet;
    }

    /// <summary>
    /// Gives up what was reserved longer ago than the grace and never signed; the budget is released. Gives the number. Payments
    /// whose signature may be out are not touched: <see cref="ReconcileAsync"/> asks the chain.
    /// </summary>
    public Task<int> RecoverAsync(CancellationToken cancellationToken = default) =>
        _book.GiveUpReservedAsync(_options.Time.GetUtcNow() - _options.ReservationGrace, cancellationToken);

    /// <inheritdoc/>
    public async Task<AuthorizationResult> AuthorizeAsync(Intent intent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intent);
        if (IntentRules.Check(intent) is { } broken)
        {
            return Refuse(new(broken.Code, broken.Message, "correct the request", WalletRefusalKind.Usage));
        }

        var payment = (X402AuthorizationIntent)intent;
        var row = await _book.FindAsync(payment.Id, cancellationToken);
        if (row is not null && (Answer(row, payment) is { } known))
        {
            return known;
        }

        var judged = await JudgeAsync(payment, cancellationToken);
        if (judged.Refusal is { } refusal)
        {
            return Refuse(refusal);
        }

        if (row is null)
        {
            var validBefore = _options.Time.GetUtcNow().ToUnixTimeSeconds() + payment.MaxTimeoutSeconds;
            var draft = new PaymentDraft(payment, DrawNonce(), validBefore, judged.Separator, $"policy {judged.PolicyHash}");
            switch (await _book.ReserveAsync(draft, judged.Policy!.ChargesFor(payment)[0].Limits, judged.Policy.MaxPaymentsPerMinute, cancellationToken))
            {
                case ReserveResult.Refused over:
                    return Refuse(over.Reason);
                case ReserveResult.Present present:
                    row = present.Row;
                    break;
            }

            // Another caller with this id may have been first.
            if (Answer(row!, payment) is { } other)
            {
                return other;
            }
        }

        return await SignAsync(row!, judged.Signer!, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<AuthorizationResult> BeginPresentAsync(string intentId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intentId);
        var found = await _book.FindAsync(intentId, cancellationToken);
        if (found?.Signature is null || found.ReadState() is PaymentState.Expired)
        {
            return Refuse(found is null ? NoPayment(intentId) : Ended(found));
        }

        if (found.ReadState() is not PaymentState.Settled && _options.Time.GetUtcNow().ToUnixTimeSeconds() >= found.ValidBefore)
        {
            return Refuse(new("authorization_expired", $"the authorization of '{intentId}' was valid until {found.ValidBefore} (Unix seconds)", "run `purser pay reconcile`; when it is proven dead, make a new payment", WalletRefusalKind.State));
        }

        var row = await _book.BeginPresentAsync(intentId, cancellationToken);
        return row is null || row.ReadState() is PaymentState.Expired ? Refuse(Ended(row ?? found)) : row.ToAuthorized();
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">There is no such payment.</exception>
    /// <exception cref="InvalidOperationException">It was never presented.</exception>
    public async Task RecordOutcomeAsync(string intentId, PresentOutcome outcome, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intentId);
        ArgumentNullException.ThrowIfNull(outcome);
        _ = await _book.RecordAsync(intentId, outcome, cancellationToken) ?? throw new KeyNotFoundException($"there is no payment '{intentId}'");
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">There is no such payment.</exception>
    /// <exception cref="ChainException">The chain could not be asked; the payment stays as it is.</exception>
    public async Task<Payment> ReconcileAsync(string intentId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intentId);
        var row = await _book.FindAsync(intentId, cancellationToken) ?? throw new KeyNotFoundException($"there is no payment '{intentId}'");
        return (await _reconciler.ResolveAsync(row, cancellationToken)).ToPayment();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListOpenAsync(int limit = 100, CancellationToken cancellationToken = default) =>
        _book.ListOpenAsync(CheckLimit(limit), cancellationToken);

    /// <inheritdoc/>
    public async Task<Payment?> GetPaymentAsync(string intentId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intentId);
        return (await _book.FindAsync(intentId, cancellationToken))?.ToPayment();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit = 100, CancellationToken cancellationToken = default) =>
        [.. (await _book.ListAsync(CheckLimit(limit), cancellationToken)).Select(row => row.ToPayment())];

    private static int CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
        return limit;
    }

    /// <summary>What is already decided about an id; null when its payment still waits for a signature.</summary>
    private static AuthorizationResult? Answer(PaymentRow row, X402AuthorizationIntent intent)
    {
        if (!row.ContentHash.AsSpan().SequenceEqual(PaymentBook.HashContent(intent)))
        {
            return Refuse(new("intent_conflict", $"the id '{intent.Id}' was used for another payment", "use a new id for a new payment; the old payment stands as it is", WalletRefusalKind.State));
        }

        return row.ReadState() switch
        {
            PaymentState.Reserved => null,
            PaymentState.Expired or PaymentState.Failed => Refuse(Ended(row)),
            _ => row.ToAuthorized(),
        };
    }

    private static WalletRefusal Ended(PaymentRow row) => row.ReadState() switch
    {
        PaymentState.Reserved => new("payment_not_signed", $"the payment '{row.IntentId}' has no signature yet", "authorize it first", WalletRefusalKind.State),
        PaymentState.Failed => new("payment_failed", $"the payment '{row.IntentId}' failed before anything was signed", "make a new payment with a new id", WalletRefusalKind.State),
        _ => new("payment_expired", $"the payment '{row.IntentId}' expired unused; no money moved", "make a new payment with a new id", WalletRefusalKind.State),
    };

    private static WalletRefusal NoPayment(string id) =>
        new("no_payment", $"there is no payment {Protocol.Json.UntrustedText.Quote(id, 130)}", "see `purser pay list`", WalletRefusalKind.Usage);

    private static AuthorizationResult.Refused Refuse(WalletRefusal reason) => new(reason);

    // Registry, policy and key first, the chain last: a payment that is not allowed touches nothing outside (wallet rule 5).
    private async Task<Judgement> JudgeAsync(X402AuthorizationIntent payment, CancellationToken cancellationToken)
    {
        if (_options.Registry.FindToken(payment.Asset) is not { } token)
        {
            return new(new("unknown_asset", $"{payment.Asset} is not a token that we know", "check the address; a human can add the token to the registry and to the policy", WalletRefusalKind.Policy));
        }

        if ((token.Methods & TransferMethods.Eip3009) == 0)
        {
            return new(new("unsupported_asset", $"{token.Symbol} on {payment.Asset.Chain} cannot be moved by EIP-3009", "choose another of the seller's options", WalletRefusalKind.Policy));
        }

        if (!_options.Policy.TryLoad(out var policy, out var hash, out var refusal))
        {
            return new(refusal);
        }

        // What a human would have to approve is refused as long as there is nobody to ask.
        var since = policy.HoldFirstPayment || policy.PayeeCoolDownSeconds is not null ? await _book.FindPayeeAsync(payment, cancellationToken) : null;
        switch (policy.Judge(payment, new(_options.Registry, _options.Time.GetUtcNow(), since)))
        {
            case PolicyVerdict.Refused refused:
                return new(refused.Reason);
            case PolicyVerdict.Held held:
                return new(new(held.Code, held.Reason, "a human must approve it", WalletRefusalKind.Policy));
        }

        if (!_options.Keys.TryFind(payment.Account, out var signer, out refusal))
        {
            return new(refusal);
        }

        var (separator, unfit) = await AskChainAsync(payment, token, cancellationToken);
        return unfit is null ? new(null, policy, hash, signer, separator) : new(unfit);
    }

    private async Task<(Hash32 Separator, WalletRefusal? Refusal)> AskChainAsync(X402AuthorizationIntent payment, TokenInfo token, CancellationToken cancellationToken)
    {
        if (!_options.Chains.TryGetValue(payment.Asset.Chain, out var chain))
        {
            return _options.AllowOffline
                ? (Eip3009.DomainSeparator(token.DomainName, token.DomainVersion, token.Asset), null)
                : (default, new("chain_not_configured", $"no node is set for {payment.Asset.Chain}", "give the chain's RPC URL in the configuration", WalletRefusalKind.Usage));
        }

        try
        {
            var (separator, mismatch) = await _domains.CheckAsync(token, chain, cancellationToken);
            if (mismatch is not null)
            {
                return (separator, mismatch);
            }

            var balance = await new TokenContract(chain, payment.Asset.Token).GetBalanceAsync(payment.Account, cancellationToken);
            return balance switch
            {
                null => (separator, new("not_a_token", $"{payment.Asset.Token} on {payment.Asset.Chain} has no balance to read: there is no such token", "check the address and the chain", WalletRefusalKind.State)),
                { } held when held < payment.Amount => (separator, new("insufficient_funds", $"{payment.Account} holds {AmountText.Display(held, token)}, the payment needs {AmountText.Display(payment.Amount, token)}", "fund the account, or choose another of the seller's options", WalletRefusalKind.InsufficientFunds)),
                _ => (separator, null),
            };
        }
        catch (ChainException e)
        {
            return (default, new(e.IsTransient ? "chain_unreachable" : "chain_refused", string.Create(CultureInfo.InvariantCulture, $"the node of {payment.Asset.Chain} failed: {Protocol.Json.UntrustedText.Clean(e.Message)}"), "nothing was signed; try again, or check the RPC URL", WalletRefusalKind.Network));
        }
    }

    // The message was fixed with the reservation, so two that sign it, or one that signs it again after a crash, sign the same
    // transfer, which the token lets happen once.
    private async Task<AuthorizationResult> SignAsync(PaymentRow row, ISigner signer, CancellationToken cancellationToken)
    {
        var intent = row.ReadIntent();
        if (_options.Time.GetUtcNow().ToUnixTimeSeconds() >= row.ValidBefore)
        {
            var ended = await _book.GiveUpAsync(row.IntentId, cancellationToken) ?? row;
            return Answer(ended, intent) ?? Refuse(Ended(ended));
        }

        var payload = Eip3009Payload(row.Authorization(intent), new Hash32(row.DomainSeparator), _options.Registry.FindToken(intent.Asset)!);
        var digest = payload.Digest;
        Signature signature;
        try
        {
            signature = await signer.SignAsync(payload, cancellationToken);
        }
        catch (SignerException e)
        {
            // Nothing left the signer that we use: the reservation stands, and the same id asks for the same message again.
            return Refuse(e.Refusal);
        }

        if (!Secp256k1.TryRecover(digest, signature, out var signedBy) || signedBy != intent.Account)
        {
            throw new InvalidOperationException($"the signer of {intent.Account} gave a signature of another account");
        }

        var stored = await _book.SignAsync(row.IntentId, signature, cancellationToken);
        return stored is null
            ? Refuse(new("payment_failed", $"the reservation of '{row.IntentId}' was given up before it was signed", "make a new payment with a new id", WalletRefusalKind.State))
            : stored.ToAuthorized();
    }

    private static SigningPayload.TypedDataMessage Eip3009Payload(Eip3009Authorization message, Hash32 separator, TokenInfo token) =>
        new(Eip3009.Digest(message, separator), () => Eip3009.TypedDataJson(message, token.DomainName, token.DomainVersion, token.Asset));

    private Hash32 DrawNonce()
    {
        Span<byte> nonce = stackalloc byte[32];
        _options.Random.Fill(nonce);
        return new(nonce);
    }

    private sealed record Judgement(WalletRefusal? Refusal, SpendingPolicy? Policy = null, Hash32 PolicyHash = default, ISigner? Signer = null, Hash32 Separator = default);
}
