using System.CommandLine;
using System.Text.Json.Nodes;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Protocol.Json;
using Purser.Wallet;

namespace Purser.Cli.Commands;

/// <summary><c>purser wallet transactions list · cancel</c>: what the accounts have sent and is not at its end, of the vault while somebody is logged in, else of this data folder.</summary>
internal static class WalletTransactionCommands
{
    /// <summary>Makes the group.</summary>
    public static Command Make(CliOutput output) => PurserCommand.Group("transactions", "Transactions that are sent and not at their end.", List(output), Cancel(output));

    private static Option<bool> LocalOption() => new("--local") { Description = "Those of this data folder, although a vault is logged in." };

    private static Command List(CliOutput output)
    {
        var local = LocalOption();
        return PurserCommand.Make(output, "list", "Open transactions, by chain, account and nonce, and why each is open.", [local], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var vault = new VaultAccess(context);
            var open = vault.File.Exists && !context.Parsed.GetValue(local)
                ? await vault.Wallet().ListTransactionsAsync(token)
                : await (await session.OpenWalletAsync(token)).ListTransactionsAsync(cancellationToken: token);
            return new CliResult.Ok(new JsonObject { ["transactions"] = new JsonArray([.. open.Select(Describe)]) })
            {
                Text = open.Count == 0 ? ["Nothing is open."] : [.. open.Select(Line)],
                Next = open.FirstOrDefault(entry => entry.Transaction.IsStuck) is { } stuck ? [$"purser wallet transactions cancel {UntrustedText.Clean(stuck.Transaction.Key, 130)}"] : [],
            };
        });
    }

    private static Command Cancel(CliOutput output)
    {
        var id = new Argument<string>("id") { Description = "The payment's id." };
        var local = LocalOption();
        var (file, descriptor) = (Passwords.FileOption(), Passwords.DescriptorOption());
        return PurserCommand.Make(output, "cancel", "Has the transaction's nonce go to one that moves nothing; it costs gas, within the policy's cap.", [id, local, file, descriptor], async (context, token) =>
        {
            await using var session = await DataSession.OpenAsync(context, null, token);
            using var vault = new VaultAccess(context);
            var payment = context.Parsed.GetValue(id)!;
            try
            {
                var result = vault.File.Exists && !context.Parsed.GetValue(local)
                    ? await vault.Wallet().CancelTransactionAsync(payment, token)
                    : await (await OpenLocalAsync(session, payment, file, descriptor, token)).CancelTransactionAsync(payment, token);
                return result switch
                {
                    CancelResult.Followed followed => new CliResult.Ok(PaymentReports.Describe(followed.Payment, session.Registry, session.Policy.ReadFunctions()))
                    {
                        Text = [$"{payment}: {PaymentReports.StateName(followed.Payment.State)}{(followed.Payment.Reason is { } reason ? $", {UntrustedText.Clean(reason, 300)}" : "")}"],
                        Next = [$"purser pay reconcile {UntrustedText.Clean(payment, 130)}"],
                    },
                    CancelResult.Refused refused => WalletRefusals.ToResult(refused.Reason),
                    _ => throw new System.Diagnostics.UnreachableException(),
                };
            }
            catch (KeyNotFoundException)
            {
                return CliResult.Usage("no_payment", $"There is no payment {UntrustedText.Quote(payment, 130)}.", "See `purser wallet transactions list`.");
            }
        });
    }

    private static async Task<LocalWallet> OpenLocalAsync(DataSession session, string id, Option<string?> file, Option<int?> descriptor, CancellationToken cancellationToken)
    {
        // The payment first: a password is not asked for what is not there.
        var wallet = await session.OpenWalletAsync(cancellationToken);
        var payment = await wallet.GetPaymentAsync(id, cancellationToken) ?? throw new KeyNotFoundException(id);
        return await session.OpenWalletAsync(session.Account(payment.Intent.Account.ToString()), file, descriptor, cancellationToken);
    }

    private static JsonNode Describe(OpenTransaction open) => new JsonObject
    {
        ["network"] = open.Chain.ToString(),
        ["account"] = open.Account.ToString(),
        ["id"] = UntrustedText.Clean(open.Transaction.Key, 130),
        ["nonce"] = open.Transaction.Nonce,
        ["transactionHash"] = open.Transaction.TransactionHash.ToString(),
        ["versions"] = open.Transaction.Versions,
        ["ageSeconds"] = (long)open.Transaction.Age.TotalSeconds,
        ["maxFeePerGas"] = open.Transaction.MaxFeePerGas.ToString(),
        ["isCancelling"] = open.Transaction.IsCancelling,
        ["reason"] = UntrustedText.Clean(open.Transaction.Reason, 64),
        ["isStuck"] = open.Transaction.IsStuck,
    };

    private static string Line(OpenTransaction open) =>
        $"{open.Chain,-18} {open.Account} nonce {open.Transaction.Nonce,5}  {UntrustedText.Clean(open.Transaction.Reason, 64),-22} {UntrustedText.Clean(open.Transaction.Key, 130)}{(open.Transaction.IsStuck ? "  STUCK" : "")}";
}
