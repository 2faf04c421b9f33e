using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;

namespace Purser.Wallet.Vault;

/// <summary>An account that a vault keeps for its user.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address.</param>
/// <param name="IsCurrent">Whether it is the one that is used when none is named.</param>
public sealed record VaultAccount(string Name, Address Address, bool IsCurrent);

/// <summary>
/// The wallet in another process, asked over HTTP: intents go out, signatures come back, and keys, policy, budgets, approvals and journal stay there. What is
/// lost on the way is asked for again under the same intent id, which signs nothing twice. A vault that does not answer is a refusal of kind
/// <see cref="WalletRefusalKind.Locked"/> (exit 5), except where money may have moved meanwhile (<see cref="WalletRefusalKind.OpenPayment"/>, exit 8).
/// </summary>
public sealed class VaultWallet : IWallet
{
    private readonly VaultCalls _calls;

    /// <summary>A client.</summary>
    /// <param name="http">Sends; made over <see cref="VaultAddress.CreateHandler"/>, so that no redirect is followed.</param>
    /// <param name="address">Where the vault listens.</param>
    /// <param name="tokens">The agent's session.</param>
    /// <param name="time">For waits.</param>
    /// <param name="timeout">How long one answer may take; 60 seconds when null.</param>
    public VaultWallet(HttpClient http, VaultAddress address, IVaultTokens tokens, TimeProvider time, TimeSpan? timeout = null) =>
        _calls = new VaultCalls(http, address, tokens, time, timeout ?? TimeSpan.FromSeconds(60));

    /// <inheritdoc/>
    public async Task<AuthorizationResult> AuthorizeAsync(Intent intent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(intent);
        var reply = await _calls.SendAsync(HttpMethod.Post, "v1/authorize", IntentJson.Write(intent), WalletJson.Limits, cancellationToken);
        return reply switch
        {
            // The vault builds and sends a transaction by itself: whether it did is not known here.
            VaultReply.Lost { MayHaveArrived: true } lost when intent is TransactionIntent => new AuthorizationResult.Refused(lost.Reason with
            {
                Hint = $"the transaction may have been sent: once the vault answers, run `purser pay reconcile {intent.Id}`",
                Kind = WalletRefusalKind.OpenPayment,
            }),
            _ => ReadResult(reply, intent.Id),
        };
    }

    /// <inheritdoc/>
    public async Task<AuthorizationResult> BeginPresentAsync(string intentId, CancellationToken cancellationToken = default) =>
        ReadResult(await _calls.SendAsync(HttpMethod.Post, $"v1/present/{Escape(intentId)}", [], WalletJson.Limits, cancellationToken), intentId);

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">There is no such payment.</exception>
    /// <exception cref="PaymentNotPresentedException">It was never presented.</exception>
    /// <exception cref="VaultException">The vault could not be told; the payment stands there as presented.</exception>
    public async Task RecordOutcomeAsync(string intentId, PresentOutcome outcome, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        var body = VaultCalls.Json(writer => WalletJson.Write(writer, outcome));
        switch (await _calls.SendAsync(HttpMethod.Post, $"v1/outcome/{Escape(intentId)}", body, WalletJson.Limits, cancellationToken))
        {
            case VaultReply.Answer:
                return;
            case VaultReply.Lost lost:
                throw new VaultException(lost.Reason with
                {
                    Hint = $"the payment was presented: once the vault answers, run `purser pay reconcile {intentId}`",
                    Kind = WalletRefusalKind.OpenPayment,
                }) { IsTransient = true };
            case VaultReply.Refused { Reason.Code: "payment_not_presented" } never:
                throw new PaymentNotPresentedException(never.Reason);
            case var other:
                throw Fault(other, intentId);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">There is no such payment.</exception>
    /// <exception cref="ChainException">The vault's chain could not be asked; the payment stays as it is.</exception>
    /// <exception cref="VaultException">The vault could not be asked.</exception>
    public async Task<Payment> ReconcileAsync(string intentId, CancellationToken cancellationToken = default) =>
        await _calls.SendAsync(HttpMethod.Post, $"v1/reconcile/{Escape(intentId)}", [], WalletJson.Limits, cancellationToken) switch
        {
            VaultReply.Answer answer when WalletJson.ReadPayment(answer.Body) is { } payment && payment.Intent.Id == intentId => payment,
            VaultReply.Refused { Reason.Code: "chain_unreachable" or "chain_refused" } chain =>
                throw new ChainException(chain.Reason.Message) { IsTransient = chain.Reason.Code == "chain_unreachable" },
            var other => throw Fault(other, intentId),
        };

    /// <inheritdoc/>
    /// <exception cref="VaultException">The vault could not be asked.</exception>
    public async Task<Payment?> GetPaymentAsync(string intentId, CancellationToken cancellationToken = default) =>
        await _calls.SendAsync(HttpMethod.Get, $"v1/payments/{Escape(intentId)}", null, WalletJson.Limits, cancellationToken) switch
        {
            VaultReply.Answer answer when WalletJson.ReadPayment(answer.Body) is { } payment && payment.Intent.Id == intentId => payment,
            VaultReply.Refused { Reason.Code: "no_payment" } => null,
            var other => throw Fault(other, intentId),
        };

    /// <inheritdoc/>
    /// <exception cref="VaultException">The vault could not be asked.</exception>
    public async Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit = 100, CancellationToken cancellationToken = default)
    {
        CheckLimit(limit);
        var reply = await _calls.SendAsync(HttpMethod.Get, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"v1/payments?limit={limit}"), null, WalletJson.ListLimits, cancellationToken);
        if (reply is not VaultReply.Answer { Body: var body })
        {
            throw Fault(reply, "");
        }

        var payments = body.Objects("payments").Select(WalletJson.ReadPayment).ToList();
        return body.Ok && payments.Count <= limit ? [.. payments.Select(payment => payment!)] : throw Fault(reply, "");
    }

    /// <inheritdoc/>
    /// <exception cref="VaultException">The vault could not be asked.</exception>
    public async Task<IReadOnlyList<string>> ListOpenAsync(int limit = 100, CancellationToken cancellationToken = default)
    {
        CheckLimit(limit);
        var reply = await _calls.SendAsync(HttpMethod.Get, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"v1/open?limit={limit}"), null, WalletJson.ListLimits, cancellationToken);
        return reply is VaultReply.Answer { Body: var body } && body.OptionalStrings("open") is { } ids && body.Ok && ids.Count <= limit && ids.All(id => id.Length <= IntentRules.MaxIdLength)
            ? ids
            : throw Fault(reply, "");
    }

    /// <summary>The user's transactions that are sent and not at their end.</summary>
    /// <exception cref="ChainException">The vault's chain could not be asked.</exception>
    /// <exception cref="VaultException">The vault could not be asked.</exception>
    public async Task<IReadOnlyList<OpenTransaction>> ListTransactionsAsync(CancellationToken cancellationToken = default)
    {
        switch (await _calls.SendAsync(HttpMethod.Get, "v1/transactions", null, WalletJson.ListLimits, cancellationToken))
        {
            case VaultReply.Answer { Body: var body }:
                var open = body.Objects("transactions").Select(TransactionJson.Read).ToList();
                return body.Ok ? open : throw new VaultException(VaultCalls.Garbage);
            case VaultReply.Refused { Reason.Code: "chain_unreachable" or "chain_refused" } chain:
                throw new ChainException(chain.Reason.Message) { IsTransient = chain.Reason.Code == "chain_unreachable" };
            case var other:
                throw Fault(other, "");
        }
    }

    /// <summary>Cancels a transaction at the vault, as <see cref="LocalWallet.CancelTransactionAsync"/> does.</summary>
    /// <exception cref="KeyNotFoundException">There is no such payment.</exception>
    /// <exception cref="VaultException">The vault could not be asked; whether it acted is not known, and the same call follows it.</exception>
    public async Task<CancelResult> CancelTransactionAsync(string intentId, CancellationToken cancellationToken = default) =>
        await _calls.SendAsync(HttpMethod.Post, $"v1/transactions/{Escape(intentId)}/cancel", [], WalletJson.Limits, cancellationToken) switch
        {
            VaultReply.Answer answer when WalletJson.ReadPayment(answer.Body) is { } payment && payment.Intent.Id == intentId => new CancelResult.Followed(payment),
            VaultReply.Refused { Reason.Code: not "no_payment" } refused => new CancelResult.Refused(refused.Reason),
            var other => throw Fault(other, intentId),
        };

    /// <summary>The accounts that the vault keeps for this user.</summary>
    /// <exception cref="VaultException">The vault could not be asked.</exception>
    public async Task<IReadOnlyList<VaultAccount>> ListAccountsAsync(CancellationToken cancellationToken = default)
    {
        var reply = await _calls.SendAsync(HttpMethod.Get, "v1/accounts", null, WalletJson.Limits, cancellationToken);
        if (reply is not VaultReply.Answer { Body: var body })
        {
            throw Fault(reply, "");
        }

        var accounts = body.Objects("accounts").Select(account => new VaultAccount(account.String("name", 64), account.Value<Address>("address"), account.Boolean("current"))).ToList();
        return body.Ok ? accounts : throw Fault(reply, "");
    }

    private static AuthorizationResult ReadResult(VaultReply reply, string intentId) => reply switch
    {
        VaultReply.Answer answer when WalletJson.ReadResult(answer.Body) is { } result && (result is not AuthorizationResult.Authorized authorized || authorized.IntentId == intentId) => result,
        VaultReply.Refused refused => new AuthorizationResult.Refused(refused.Reason),
        VaultReply.Lost lost => new AuthorizationResult.Refused(lost.Reason),
        _ => new AuthorizationResult.Refused(VaultCalls.Garbage),
    };

    private static Exception Fault(VaultReply reply, string intentId) => reply switch
    {
        VaultReply.Refused { Reason.Code: "no_payment" } => new KeyNotFoundException($"there is no payment {UntrustedText.Quote(intentId, 130)}"),
        VaultReply.Refused refused => new VaultException(refused.Reason) { IsTransient = refused.Reason.Kind is WalletRefusalKind.Network },
        VaultReply.Lost lost => new VaultException(lost.Reason) { IsTransient = true },
        _ => new VaultException(VaultCalls.Garbage),
    };

    private static string Escape(string intentId)
    {
        ArgumentException.ThrowIfNullOrEmpty(intentId);
        return Uri.EscapeDataString(intentId.Length <= 512 ? intentId : intentId[..512]);
    }

    private static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);
    }
}
