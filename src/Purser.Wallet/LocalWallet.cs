using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Wallet.Approvals;
using Purser.Wallet.Budgets;
using Purser.Wallet.Journal;
using Purser.Wallet.Policy;
using Purser.Wallet.Tokens;

namespace Purser.Wallet;

/// <summary>
/// The wallet in this process. It protects against an agent that is misled; against one that is taken over only a vault in another
/// process does. Any number of instances, in any number of processes, may share one store and one data folder.
/// </summary>
public sealed partial class LocalWallet : IWallet
{
    private readonly LocalWalletOptions _options;
    private readonly PolicyKeeper _policy;
    private readonly PaymentBook _book;
    private readonly WalletLanes _lanes;
    private readonly PaymentReconciler _reconciler;
    private Presentation _presentation;

    private LocalWallet(LocalWalletOptions options, PolicyKeeper policy)
    {
        _options = options;
        _policy = policy;
        var chain = new JournalChain(options.JournalKey);
        _book = new PaymentBook(options.Store, chain, new ApprovalBook(options.JournalKey, chain), options.Time);
        _lanes = new WalletLanes(options);
        _chainJudge = new ChainJudge();
        _reconciler = new PaymentReconciler(options, _book, _lanes, policy);
        Journal = new PaymentJournal(options.Store, options.JournalKey);
        Span<byte> name = stackalloc byte[16];
        options.Random.Fill(name);
        _presentation = new(Convert.ToHexStringLower(name), options.PresentationLease);
    }

    /// <summary>The journal, to read and to verify.</summary>
    public PaymentJournal Journal { get; }

    /// <summary>Brings the tables up to date and gives up what processes that are gone reserved and never signed.</summary>
    public static async Task<LocalWallet> OpenAsync(LocalWalletOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await options.Store.MigrateAsync(WalletSchema.Migrations, cancellationToken);
        await options.Store.MigrateAsync(ApprovalSchema.Migrations, cancellationToken);
        var wallet = new LocalWallet(options, await PolicyKeeper.OpenAsync(options.Policy, options.Store, options.JournalKey, options.Time, cancellationToken));
        await wallet.RecoverAsync(cancellationToken);
        return wallet;
    }

    /// <summary>
    /// Gives up what was reserved longer ago than the grace and never signed; the budget is released. Gives the number. Payments
    /// whose signature may be out are not touched: <see cref="ReconcileAsync"/> asks the chain.
    /// </summary>
    public Task<int> RecoverAsync(CancellationToken cancellationToken = default) =>
        _book.GiveUpReservedAsync(_options.ReservationGrace, cancellationToken);

    /// <summary>
    /// The same wallet for one of several clients that present by themselves, as a vault's do. A payment whose presenter has not told the outcome is refused to every other presenter as <c>payment_open</c>, so each client that
    /// can be gone while this wallet lives needs a name of its own.
    /// </summary>
    /// <param name="presenter">1 to 64 of the characters a–z, A–Z, 0–9, <c>-</c>, <c>_</c> and <c>.</c>, drawn anew by each start of the client.</param>
    /// <exception cref="ArgumentException">It is no such name.</exception>
    public LocalWallet ForPresenter(string presenter)
    {
        if (!IsPresenter(presenter))
        {
            throw new ArgumentException("a presenter's name has 1 to 64 of the characters a-z, A-Z, 0-9, '-', '_' and '.'", nameof(presenter));
        }

        var own = (LocalWallet)MemberwiseClone();
        own._presentation = _presentation with { By = presenter };
        return own;
    }

    /// <summary>Whether <see cref="ForPresenter"/> takes the name.</summary>
    public static bool IsPresenter(string? presenter) =>
        presenter is { Length: >= 1 and <= 64 } && presenter.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <inheritdoc/>
    public async Task<AuthorizationResult> AuthorizeAsync(Intent intent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intent);
        if (IntentRules.Check(intent) is { } broken)
        {
            return Refuse(new(broken.Code, broken.Message, "correct the request", WalletRefusalKind.Usage));
        }

        var row = await _book.FindAsync(intent.Id, cancellationToken);
        if (row is not null && Answer(row, intent) is { } known)
        {
            return known;
        }

        var judged = await JudgeAsync(intent, cancellationToken);
        if (judged.Refusal is { } refusal)
        {
            return Refuse(refusal);
        }

        // Also for a reservation that is there already: the policy may have been tightened since, and others may have spent meanwhile.
        var draft = new PaymentDraft(intent, judged.Policy!.ChargesFor(intent), Draw(intent, judged.Separator, judged.PermitNonce), $"policy {judged.PolicyHash}") { PolicyHash = judged.PolicyHash, Reasons = judged.Reasons, Presentation = _presentation };
        switch (await _book.ReserveAsync(draft, judged.Policy.MaxPaymentsPerMinute, judged.Policy.ApprovalTerms, cancellationToken))
        {
            case ReserveResult.Pending pending:
                return new AuthorizationResult.ApprovalNeeded(pending.Id, IntentSummary.Of(intent, _options.Registry, judged.Policy.ToKnownFunctions()), DateTimeOffset.FromUnixTimeMilliseconds(pending.ExpiresAt));
            case ReserveResult.PolicyChanged:
                // Judged anew by what is in force now; each turn takes another change of the policy, so there are no more of them than changes.
                return await AuthorizeAsync(intent, cancellationToken);
            case ReserveResult.Refused over:
                return Refuse(over.Reason);
            case ReserveResult.Present present:
                row = present.Row;
                break;
        }

        // Another caller with this id may have been first.
        if (Answer(row!, intent) is { } other)
        {
            return other;
        }

        return intent is TransactionIntent transaction
            ? await SendAsync(row!, transaction, judged.Policy!.MaxFeePerGasOn(transaction.Chain)!.Value, cancellationToken)
            : await SignAsync(row!, judged.Signer!, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<AuthorizationResult> BeginPresentAsync(string intentId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intentId);
        var found = await _book.FindAsync(intentId, cancellationToken);
        if (found is not null && found.ReadIntent() is not PaymentIntent)
        {
            return Refuse(new("not_presented", $"'{intentId}' is {Kind(found)}: it is not presented to a seller", "what was signed for it is the answer of its authorization", WalletRefusalKind.State));
        }

        if (found?.Signature is null || found.ReadState() is PaymentState.Expired)
        {
            return Refuse(found is null ? NoPayment(intentId) : Ended(found));
        }

        if (found.ReadState() is not PaymentState.Settled && _options.Time.GetUtcNow().ToUnixTimeSeconds() >= found.ReadValidBefore())
        {
            return Refuse(new("authorization_expired", $"the authorization of '{intentId}' was valid until {found.ValidBefore} (Unix seconds)", "run `purser pay reconcile`; when it is proven dead, make a new payment", WalletRefusalKind.State));
        }

        var began = await _book.BeginPresentAsync(intentId, _presentation, cancellationToken);
        return began switch
        {
            { Twin: { } twin } => Refuse(BudgetRefusals.OpenTwin(twin)),
            { Row: var row } when row.ReadState() is not PaymentState.Expired => row.ToAuthorized(),
            _ => Refuse(Ended(began?.Row ?? found)),
        };
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">There is no such payment.</exception>
    /// <exception cref="PaymentNotPresentedException">It was never presented.</exception>
    public async Task RecordOutcomeAsync(string intentId, PresentOutcome outcome, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intentId);
        ArgumentNullException.ThrowIfNull(outcome);
        var row = await _book.RecordAsync(intentId, outcome, _presentation, cancellationToken) ?? throw new KeyNotFoundException($"there is no payment '{intentId}'");
        if (outcome is PresentOutcome.Settled && row.ReadIntent() is X402UptoIntent && PaymentStates.IsOpen(row.ReadState()))
        {
            try
            {
                await _reconciler.ResolveAsync(row, cancellationToken);
            }
            catch (ChainException)
            {
                // It stays reserved in full, and the next reconciling asks again.
            }
        }
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
    private static AuthorizationResult? Answer(PaymentRow row, Intent intent)
    {
        if (!row.ContentHash.AsSpan().SequenceEqual(PaymentBook.HashContent(intent)))
        {
            return Refuse(new("intent_conflict", $"the id '{intent.Id}' was used for another intent", "use a new id for a new wish; the old one stands as it is", WalletRefusalKind.State));
        }

        return row.ReadState() switch
        {
            PaymentState.Reserved => null,
            // A transaction that reverted was signed and sent all the same; the payment's state tells what came of it.
            PaymentState.Failed when row.TxHash is not null => row.ToAuthorized(),
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

    private static string Kind(PaymentRow row) => row.ReadIntent() is SignInIntent ? "a message" : row.ReadIntent() is TokenPermitIntent ? "a permit" : "a transaction";

    private static AuthorizationResult.Refused Refuse(WalletRefusal reason) => new(reason);
}
