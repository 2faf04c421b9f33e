using System.CommandLine;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;
using Purser.Wallet;

namespace Purser.Cli.Commands;

/// <summary><c>purser pay receipt ID</c>: what was paid, to whom, for which request, and the transaction that moved it (x402-skill I10). Only a settled payment has one.</summary>
public static class ReceiptCommand
{
    /// <summary>Makes it.</summary>
    public static Command Make(CliOutput output)
    {
        var id = new Argument<string>("id") { Description = "The payment's id, or its quote's." };
        return PurserCommand.Make(output, "receipt", "The receipt of a settled payment.", [id], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var vault = new VaultAccess(context);
            var wallet = vault.File.Exists ? vault.Wallet() : (IWallet)await session.OpenWalletAsync(token);
            return await PayCommands.FindAsync(wallet, context.Parsed.GetValue(id)!, token) switch
            {
                null => PayCommands.Missing(),
                { Intent: SignInIntent or TokenPermitIntent } => CliResult.Failed("not_settled", "It is a signature that moves no money by itself.", "See `purser pay show`."),
                { State: PaymentState.Settled } payment => Receipt(payment, session.Registry, session.Policy.ReadFunctions()),
                { State: PaymentState.Sent or PaymentState.Unknown } open => new CliResult.Refused(ExitCode.UnknownOutcome, "payment_unknown", $"The payment is {PaymentReports.StateName(open.State)}: money may have moved.", $"Run: purser pay reconcile {open.Intent.Id}"),
                { } other => CliResult.Failed("not_settled", $"The payment is {PaymentReports.StateName(other.State)}; no money moved by it.", "See `purser pay show`."),
            };
        });
    }

    private static CliResult.Ok Receipt(Payment payment, AssetRegistry registry, KnownFunctions functions)
    {
        var data = PaymentReports.Describe(payment, registry, functions);
        var paid = payment.Intent as PaymentIntent;
        data["origin"] = paid?.Origin;
        data["bodyHash"] = paid?.BodyHash.ToString();
        data["settledAt"] = data["updatedAt"]?.DeepClone();
        List<string> lines =
        [
            $"Receipt {payment.Intent.Id}",
            $"  Amount:      {data["display"]}",
            $"  Paid by:     {payment.Intent.Account}",
            $"  Pay to:      {data["payTo"]}",
            $"  Settled:     {data["settledAt"]}",
            $"  Transaction: {data["transaction"]?.ToString() ?? "the seller named none"}",
        ];
        if (paid is { Url.Length: > 0 })
        {
            lines.Insert(1, $"  For:         {paid.Method} {UntrustedText.Clean(paid.Url, 500)}");
        }

        return new(data) { Text = lines };
    }
}
