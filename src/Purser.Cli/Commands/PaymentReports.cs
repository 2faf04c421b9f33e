using System.Text;
using System.Text.Json.Nodes;
using Purser.Agent.Payments;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Wallet;

namespace Purser.Cli.Commands;

/// <summary>Payments, quotes and replies as they are printed.</summary>
public static class PaymentReports
{
    // A reply is a stranger's: shown up to this size, the whole of it only in a file.
    private const int MaxShownBytes = 256 * 1024;

    /// <summary>A payment's members.</summary>
    public static JsonObject Describe(Payment payment, AssetRegistry registry, KnownFunctions functions)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var paid = payment.Intent as PaymentIntent;
        var (asset, to, amount) = payment.Intent switch
        {
            PaymentIntent p => ((AssetId?)p.Asset, (Address?)p.PayTo, (UInt256?)p.Amount),
            TransferIntent t => (t.Asset, t.To, t.Amount),
            ApproveIntent a => (a.Asset, a.Spender, a.Amount),
            TokenPermitIntent p => (p.Asset, TokenPermitIntent.Spender, p.Amount),
            ContractCallIntent c => (AssetId.Native(c.Network), c.Contract, c.Value),
            _ => (null, null, null),
        };
        var (nonce, until) = payment.Statement switch
        {
            SignedEip3009 { Authorization: var a } => (a.Nonce.ToString(), a.ValidBefore.ToString()),
            SignedPermit2 { Permit: var p } => (p.Nonce.ToString(), p.Deadline.ToString()),
            SignedEip2612 { Permit: var p } => (p.Nonce.ToString(), p.Deadline.ToString()),
            _ => (null, null),
        };
        return new()
        {
            ["id"] = payment.Intent.Id,
            ["kind"] = payment.Intent.Kind,
            ["summary"] = Summary(payment, registry, functions),
            ["state"] = StateName(payment.State),
            ["account"] = payment.Intent.Account.ToString(),
            ["payTo"] = to?.ToString(),
            ["asset"] = asset?.ToString(),
            ["amount"] = amount?.ToString(),
            ["display"] = asset is { } unit ? AmountText.Display(new(amount!.Value, unit), registry) : null,
            ["method"] = paid?.Method,
            ["url"] = paid?.Url,
            ["nonce"] = nonce,
            ["validBefore"] = until,
            ["transaction"] = payment.TransactionHash?.ToString(),
            ["reason"] = payment.Reason is null ? null : UntrustedText.Clean(payment.Reason),
            ["createdAt"] = payment.CreatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            ["updatedAt"] = payment.UpdatedAt.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        };
    }

    /// <summary>One line of a list.</summary>
    public static string Line(Payment payment, AssetRegistry registry, KnownFunctions functions)
    {
        ArgumentNullException.ThrowIfNull(payment);
        return $"{payment.CreatedAt:yyyy-MM-dd HH:mm:ss}  {StateName(payment.State),-9} {payment.Intent.Kind,-18} {payment.Intent.Id}  {UntrustedText.Clean(Summary(payment, registry, functions), 300)}";
    }

    private static string Summary(Payment payment, AssetRegistry registry, KnownFunctions functions) =>
        payment.Summary is { } told ? UntrustedText.Clean(told, 500) : IntentSummary.Of(payment.Intent, registry, functions);

    /// <summary>The state's wire name.</summary>
#pragma warning disable CA1308 // the wire names are lower case
    public static string StateName(PaymentState state) => state.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    /// <summary>The result of a quote that waits for its confirmation.</summary>
    public static CliResult.Pending Describe(Quote quote, CardWords words)
    {
        ArgumentNullException.ThrowIfNull(quote);
        return new("confirmation", quote.Id, $"Pay {AmountText.Display(quote.Terms.Amount, quote.Token)} on {quote.ChainName} to {quote.Terms.PayTo} for {quote.Request.Method} {UntrustedText.Clean(quote.Request.Url, 300)}",
            $"purser pay confirm {quote.Id} --yes", quote.ExpiresAt)
        {
            Text = quote.Card(words),
            Details = new JsonObject
            {
                ["network"] = quote.Terms.Asset.Chain.ToString(),
                ["chain"] = quote.ChainName,
                ["asset"] = quote.Terms.Asset.ToString(),
                ["symbol"] = quote.Token.Symbol,
                ["amount"] = quote.Terms.Amount.ToString(),
                ["display"] = AmountText.Display(quote.Terms.Amount, quote.Token),
                ["payTo"] = quote.Terms.PayTo.ToString(),
                ["maxTimeoutSeconds"] = quote.Terms.MaxTimeoutSeconds,
                ["selectedIndex"] = quote.SelectedIndex,
                ["offers"] = new JsonArray([.. quote.Offers.Select(offer => (JsonNode)Describe(offer))]),
                ["card"] = new JsonArray([.. quote.Card(words).Select(line => (JsonNode)line)]),
                ["question"] = words.Proceed,
                ["untrusted"] = new JsonObject { ["description"] = quote.Resource?.Description is { } text ? UntrustedText.Clean(text) : null },
            },
        };
    }

    // A stranger's spelling only where nothing else is known of the offer.
    private static JsonObject Describe(PaymentOffer offer) => new()
    {
        ["index"] = offer.Index,
        ["payable"] = offer.Fault is null,
        ["reason"] = offer.Fault is null ? null : UntrustedText.Clean(offer.Fault),
        ["scheme"] = UntrustedText.Clean(offer.Asked.Scheme, 64),
        ["method"] = offer.Terms?.Rules.TransferMethod,
        ["network"] = offer.Terms?.Asset.Chain.ToString() ?? UntrustedText.Clean(offer.Asked.Network, 128),
        ["asset"] = offer.Terms?.Asset.ToString() ?? UntrustedText.Clean(offer.Asked.Asset, 256),
        ["symbol"] = offer.Token?.Symbol,
        ["amount"] = UntrustedText.Clean(offer.Asked.Amount, 80),
        ["display"] = offer.Terms is null ? null : AmountText.Display(offer.Terms.Amount, offer.Token),
        ["payTo"] = offer.Terms?.PayTo.ToString() ?? UntrustedText.Clean(offer.Asked.PayTo, 256),
    };

    /// <summary>The result of a confirmed payment.</summary>
    public static async Task<CliResult> DescribeAsync(PaymentResult result, AssetRegistry registry, KnownFunctions functions, IWallet wallet, CardWords words, CancellationToken cancellationToken)
    {
        switch (result)
        {
            case PaymentResult.Served served:
                using (served.Response)
                {
                    var payment = await wallet.GetPaymentAsync(served.IntentId, cancellationToken);
                    var (data, text) = await ReplyAsync(served.Response, cancellationToken);
                    data["payment"] = payment is null ? null : Describe(payment, registry, functions);
                    data["message"] = words.Done;
                    return new CliResult.Ok(data)
                    {
                        Text = [words.Done, "", .. text, "", served.Settlement is { } s ? $"Paid: {s.Transaction}" : "Served, but the seller did not say that it settled."],
                        Next = served.Settlement is null ? [$"purser pay reconcile {served.IntentId}"] : ["purser wallet balance", .. payment?.Intent is PaymentIntent { Url.Length: > 0 } paid ? (string[])[$"purser pay quote '{paid.Url}'"] : []],
                    };
                }
            case PaymentResult.WalletRefused refused:
                return WalletRefusals.ToResult(refused.Reason);
            case PaymentResult.ApprovalNeeded needed:
                return new CliResult.Pending("approval", needed.ApprovalId, needed.Summary, $"purser approvals approve {needed.ApprovalId}", needed.ExpiresAt);
            case PaymentResult.Rejected rejected:
                using (rejected.Response)
                {
                    return new CliResult.Refused(ExitCode.Failed, "payment_rejected", $"The seller did not take the payment: {UntrustedText.Quote(rejected.Reason)}.",
                        "The signature is out: the money stays reserved until it can no longer be used. Run `purser pay reconcile` later.") { Details = new() { ["intentId"] = rejected.IntentId, ["status"] = (int)rejected.Response.StatusCode } };
                }
            case PaymentResult.Unknown unknown:
                return new CliResult.Refused(ExitCode.UnknownOutcome, "payment_unknown", $"Money may have moved: {unknown.Reason}.",
                    $"Do not pay again. Run `purser pay reconcile {unknown.IntentId}`, or confirm the same quote again, which presents the same payment.") { Details = new() { ["intentId"] = unknown.IntentId } };
            case PaymentResult.Refused refused:
                return CliResult.Failed(refused.Refusal.Code, refused.Refusal.Message, refused.Refusal.Hint);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>A reply's status and body, the body as the stranger's data that it is.</summary>
    public static async Task<(JsonObject Data, IReadOnlyList<string> Text)> ReplyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxShownBytes];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        var body = Encoding.UTF8.GetString(buffer, 0, length);
        var data = new JsonObject
        {
            ["status"] = (int)response.StatusCode,
            ["contentType"] = response.Content.Headers.ContentType?.ToString(),
            ["body"] = body,
            ["truncated"] = length == MaxShownBytes,
        };
        // For a terminal, whose escape sequences a stranger must not send.
        return (data, body.Split('\n').Select(line => UntrustedText.Clean(line, 4000)).ToList());
    }
}
